/* opening.ts: the word of this browser for the packet it opens: the split follows from it. */
import { tokenOf } from '../token';
import { task } from './line';

export const packetToken = tokenOf('quntu-packet ' + task.value.slug);
