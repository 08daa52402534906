/** Tables that tell of the images below their folder, a line for each: metadata.jsonl and metadata.csv. */
import { parse } from 'csv-parse/sync';
import { reasonOf, UserError } from '../../../errors.js';
import { contentOf, type ImageSource } from '../image-file.js';
import { baseNameOf, endingOf, utf8Of } from '../names.js';

/** A line per image, as `file_name` and what is known of it (huggingface.co/docs/datasets/image_dataset, ImageFolder). */
export const metadataTables: readonly string[] = ['metadata.jsonl', 'metadata.csv'];

export const isMetadataTable = (path: string) => metadataTables.includes(baseNameOf(path));

/** @param relativePath of the table, from the folder that was searched, with forward slashes */
export interface MetadataTable {
  readonly source: ImageSource;
  readonly relativePath: string;
}

export interface TableLines {
  /** What is known of an image, as JSON, by its relative path. */
  readonly lines: ReadonlyMap<string, string>;
  /** Relative paths of tables that name no image: other data sets have a metadata.csv of their own. */
  readonly foreign: readonly string[];
}

/** @throws UserError where a table is none, a line of it names no image, or two lines name the same */
export async function readMetadataTables(tables: readonly MetadataTable[]): Promise<TableLines> {
  const lines = new Map<string, string>();
  const foreign: string[] = [];
  for (const { source, relativePath } of tables) {
    const folder = relativePath.slice(0, -baseNameOf(relativePath).length);
    const rows = await readRows(source);
    if (rows === undefined) foreign.push(relativePath);
    rows?.forEach((row, index) => {
      const at = `${source.path}, image ${index + 1}`;
      const name = row?.file_name;
      if (typeof name !== 'string' || name === '') {
        throw new UserError(
          `${at}: file_name names no image: mend it, or rename the table if it tells of something else.`,
        );
      }
      const path = folder + name.replace(/^(\.\/)+/, '');
      if (lines.has(path)) throw new UserError(`${at}: ${path} was told of before, wanted one line for each image.`);
      lines.set(path, JSON.stringify(row));
    });
  }
  return { lines, foreign };
}

type Row = Record<string, unknown> | null;

/** undefined for a table that has no `file_name` at all, whatever else it is. */
async function readRows(source: ImageSource): Promise<Row[] | undefined> {
  try {
    const text = utf8Of(await contentOf(source))?.replace(/^\ufeff/, '');
    if (text === undefined) throw new Error('it is no UTF-8 text');
    if (!text.includes('file_name')) return undefined;
    return endingOf(source.path) === '.csv' ? parse(text, { columns: true, skip_empty_lines: true }) : jsonLines(text);
  } catch (error) {
    throw new UserError(`${source.path} cannot be read (${reasonOf(error)}): mend or remove it.`, { cause: error });
  }
}

function jsonLines(text: string): Row[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      try {
        return JSON.parse(line) as Row;
      } catch (error) {
        throw new Error(`image ${index + 1} is not JSON`, { cause: error });
      }
    });
}
