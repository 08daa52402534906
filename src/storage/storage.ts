/**
 * Files by their locations, wherever they are: one interface for folders of this machine and for object stores, so that readers
 * and writers of data need not know which. What is in an object store is read by ranges, and is there whole or not at all.
 */
import { UserError } from '../errors.js';
import type { ByteSource, Confirm } from '../files.js';
import type { FolderLock } from '../lock/folder-lock.js';

/** A store refuses, or does not answer: that says nothing about the files in it. */
export class StorageRefusal extends UserError {}

/** A file that is open for reading at any position. */
export interface OpenFile {
  readonly source: ByteSource;
  readonly sizeBytes: number;
}

/** Sizes of files below a folder by their names, undefined for one that is not there. */
export type SizeLookup = (name: string) => Promise<number | undefined>;

/** How rows of many files are best read in a random order. */
export interface RandomReading {
  /** So many files are kept open. */
  readonly openFiles: number;
  /** What a request should bring of one tensor; undefined where rows one by one cost no more. */
  readonly pieceBytes?: number;
  /** What is kept in memory of all pieces that are in use at a time. */
  readonly windowBytes?: number;
}

export interface Storage {
  readonly randomReading: RandomReading;
  /** Of the file there, or undefined where there is none. */
  sizeOf(location: string): Promise<number | undefined>;
  /** @throws UserError where it cannot be opened */
  open(location: string): Promise<OpenFile>;
  /** All of a file. @throws Error whose `code` is ENOENT where there is none */
  read(location: string): Promise<Buffer>;
  /** A stretch of a file, in memory of its own. @throws UserError where the file ends before */
  readRange(location: string, position: number, sizeBytes: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Names of files and folders directly in a folder; none where there is no such folder. */
  namesIn(folder: string): Promise<string[]>;
  /** For many files of one folder: an object store is asked for all of them at once. */
  sizesBelow(folder: string): SizeLookup;
  /** Creates or replaces a small file, whole or not. @param confirm called before; when it fails, what was there stays */
  write(location: string, content: string | Uint8Array, confirm?: Confirm): Promise<void>;
  remove(location: string): Promise<void>;
  /** Moves a finished file of this machine there, whole or not at all. @param confirm as for `write` */
  takeIn(path: string, location: string, confirm?: Confirm): Promise<void>;
  /** A folder of this machine for what is not finished yet; a folder is its own. */
  workFolder(folder: string): string;
  /** One writer at a time. @throws UserError where another one is at work */
  lock(folder: string): Promise<FolderLock>;
}
