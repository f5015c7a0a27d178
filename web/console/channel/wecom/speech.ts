/* speech.ts: the words of a welcome while they are written. */
export interface SpeechFields {
  text: string;
  attach: string;
  link_title: string;
  link_text: string;
  link_url: string;
  picture: string | null;
  file: string;
}

export const noWords = (): SpeechFields => ({ text: '', attach: 'none', link_title: '', link_text: '', link_url: '', picture: '', file: '' });

/* As the server wants them. */
export const spoken = (fields: SpeechFields) => ({
  text: fields.text,
  attach: fields.attach,
  link_title: fields.link_title,
  link_text: fields.link_text,
  link_url: fields.link_url,
  picture: fields.picture || '',
  file: fields.attach === 'file' ? fields.file : '',
});
