/* openapi.ts: the server's own description (/api/openapi.json), read for people: operations by room, fields as lines, examples.
 *
 * Nothing here knows a route: what the server gains is on the page from its first day.
 */

export interface Shape {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Shape>;
  required?: string[];
  items?: Shape;
  anyOf?: Shape[];
  enum?: unknown[];
  description?: string;
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
}
interface Parameter {
  $ref?: string;
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: Shape;
}
type Content = Record<string, { schema: Shape }>;
interface Told {
  operationId: string;
  summary: string;
  description: string;
  security: Record<string, string[]>[];
  parameters: Parameter[];
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content }>;
}
export interface Failure {
  code: string;
  status: number;
  zh: string;
  en: string;
}
export interface Document {
  paths: Record<string, Record<string, Told>>;
  components: Record<string, Record<string, Shape>>;
  webhooks: Record<string, { post: { summary: string } }>;
  'x-errors': Failure[];
}

export interface Line {
  name: string;
  depth: number;
  type: string;
  needed: boolean;
  limits: string;
  help: string;
}
export interface Operation {
  id: string;
  method: string;
  path: string;
  help: string;
  role: string;
  scope: string;
  area: string;
  holes: Parameter[];
  query: Parameter[];
  body?: Shape;
  bodyType: string;
  answer?: Shape;
  answerType: string;
}

const DEPTH = 4;

export class Book {
  readonly operations: Operation[] = [];
  constructor(private readonly doc: Document) {
    for (const [path, methods] of Object.entries(doc.paths))
      for (const [method, told] of Object.entries(methods)) {
        const scope = told.security.find((one) => one.bearer)?.bearer?.[0];
        if (scope) this.operations.push(operation(method.toUpperCase(), path, scope, told));
      }
    this.operations.sort((a, b) => (a.path === b.path ? 0 : a.path < b.path ? -1 : 1)); /* what belongs together stands together */
  }

  get areas(): string[] {
    return [...new Set(this.operations.map((one) => one.area))];
  }
  get failures(): Failure[] {
    return this.doc['x-errors'];
  }
  get events(): { name: string; help: string }[] {
    return Object.entries(this.doc.webhooks).map(([name, one]) => ({ name, help: one.post.summary }));
  }

  /* What "#/components/schemas/x/properties/y" points to. */
  private follow(shape: Shape): Shape {
    if (!shape.$ref) return shape.anyOf ? this.follow(shape.anyOf[0]!) : shape;
    let at: unknown = this.doc;
    for (const word of shape.$ref.slice(2).split('/')) at = (at as Record<string, unknown>)[word];
    return this.follow(at as Shape);
  }

  /* Every field of a thing, with those of the things in it indented below. */
  lines(shape: Shape | undefined, depth = 0): Line[] {
    const whole = shape && this.follow(shape);
    return Object.entries(whole?.properties ?? {}).flatMap(([name, raw]) => {
      const one = this.follow(raw);
      const inner = one.items ?? one;
      const line = { name, depth, type: this.type(one), needed: whole!.required?.includes(name) ?? false, limits: limits(one), help: raw.description ?? one.description ?? '' };
      return [line, ...(depth < DEPTH ? this.lines(inner, depth + 1) : [])];
    });
  }

  line(parameter: Parameter): Line {
    const one = this.follow(parameter.schema);
    return { name: parameter.name, depth: 0, type: this.type(one), needed: !!parameter.required, limits: limits(one), help: parameter.description ?? '' };
  }

  private type(shape: Shape): string {
    const type = plain(shape);
    if (type === 'array') return `${this.type(this.follow(shape.items ?? {}))}[]`;
    if (shape.format === 'binary') return 'file';
    return isId(shape) ? 'id' : type;
  }

  /* How it may look. */
  example(shape: Shape | undefined, name = '', depth = 0): unknown {
    if (!shape) return undefined;
    const one = this.follow(shape);
    const type = plain(one);
    if (one.enum) return one.enum[0];
    if (type === 'object' || one.properties)
      return Object.fromEntries(Object.entries(one.properties ?? {}).map(([key, inner]) => [key, this.example(inner, key, depth + 1)]));
    if (type === 'array') return depth < DEPTH + 2 ? [this.example(one.items, name.replace(/s$/, ''), depth + 1)] : [];
    if (type === 'integer') return /(_at|^at|^from|until|timestamp)$/.test(name) ? 1795600000000 : (one.minimum ?? 1);
    if (type === 'boolean') return false;
    return isId(one) ? '191388408396906496' : word(one, name);
  }
}

function operation(method: string, path: string, scope: string, told: Told): Operation {
  const given = told.parameters.filter((one) => one.name);
  const body = Object.entries(told.requestBody?.content ?? {})[0];
  const answer = Object.entries(told.responses['200']?.content ?? {})[0];
  return {
    id: told.operationId,
    method,
    path,
    help: told.summary,
    role: told.description.replace('Role: ', ''),
    scope,
    area: scope.split(':')[0]!,
    holes: given.filter((one) => one.in === 'path' && one.name !== 'community'),
    query: given.filter((one) => one.in === 'query'),
    body: body?.[1].schema,
    bodyType: body?.[0] ?? '',
    answer: answer?.[1].schema,
    answerType: answer?.[0] ?? '',
  };
}

const plain = (shape: Shape) => (Array.isArray(shape.type) ? shape.type[0]! : (shape.type ?? 'object'));
const isId = (shape: Shape) => shape.pattern === '^[0-9]{1,19}$' || shape.pattern === '^[1-9][0-9]*$';

function word(shape: Shape, name: string): string {
  if (/day|birthday|^from$|^to$/.test(name) && shape.maxLength === 10) return '2026-11-21';
  if (/url|link$/.test(name)) return 'https://example.com/';
  if (/phone/.test(name)) return '13800138000';
  if (/nickname/.test(name)) return '安安';
  return /name|title|label|display/.test(name) ? '友信一群' : '';
}

function limits(shape: Shape): string {
  const found: string[] = [];
  const span = (least: number | undefined, most: number | undefined, unit = '') => {
    if (least === undefined && most === undefined) return;
    found.push(`${least ?? 0}–${most ?? '…'}${unit}`);
  };
  if (shape.enum) found.push(shape.enum.filter((one) => one !== null && one !== '').join(' · '));
  span(shape.minLength, shape.maxLength);
  span(shape.minimum, shape.maximum);
  span(shape.minItems, shape.maxItems);
  return found.join(', ');
}

/* The request as a command line, with what is known filled in. */
export function curl(book: Book, one: Operation, origin: string, community: string): string {
  const path = one.path.replace('{community}', community);
  const lines = [`curl${one.method === 'GET' ? '' : ` -X ${one.method}`} "${origin}${path}"`, `  -H "Authorization: Bearer $QUNTU_TOKEN"`];
  if (one.bodyType === 'multipart/form-data')
    for (const field of book.lines(one.body)) lines.push(`  -F ${field.name}=${field.type === 'file' ? '@picture.png' : '…'}`);
  else if (one.body) {
    lines.push(`  -H "Content-Type: application/json"`);
    lines.push(`  -d '${JSON.stringify(book.example(one.body)).replaceAll("'", "'\\''")}'`);
  }
  return lines.join(' \\\n');
}
