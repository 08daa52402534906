/**
 * A reader of Python pickles that runs nothing: it builds plain containers, and of classes and functions only those that
 * its caller names (the machine of PEP 307 and PEP 3154, without the opcodes that files of `torch.save` never hold).
 */

import { UnsoundFileError } from '../unsound-file.js';
import { type PickleReader, pickleReader } from './pickle-reader.js';

/** A class or function that a pickle may name. */
export class PickleGlobal {
  /** @param call makes the value of a call, from arguments that nobody has checked; without it a call is refused */
  constructor(
    readonly name: string,
    readonly call?: (args: readonly unknown[]) => unknown,
  ) {}
}

export interface PickleWorld {
  /** The class or function of that full name, or undefined where the pickle may not use it. */
  global(name: string): PickleGlobal | undefined;
  /** The object that a persistent id stands for. */
  persistent(id: unknown): unknown;
}

/** Containers, calls and what calls copy: bounds the memory of a pickle that is all empty containers. */
const mostObjects = 1_000_000;

interface Machine {
  readonly reader: PickleReader;
  readonly world: PickleWorld;
  readonly memo: Map<number, unknown>;
  push(value: unknown): void;
  /** Pushes a container or called object, of which there may be `mostObjects`. */
  pushObject(value: object): void;
  pop(): unknown;
  top(): unknown;
  mark(): void;
  /** Takes all that was pushed since the last mark. */
  popMark(): unknown[];
}

/**
 * The value of the pickle that begins at `start`, and where it ends. Lists and tuples become arrays, dicts maps, sets sets,
 * bytes Uint8Arrays, integers that a double cannot count bigints.
 *
 * @throws UnsoundFileError where the pickle is damaged or names what `world` does not know
 */
export function unpickle(bytes: Uint8Array, world: PickleWorld, start = 0): { value: unknown; end: number } {
  const reader = pickleReader(bytes, start);
  const machine = createMachine(reader, world);
  for (;;) {
    const opcode = reader.uint8();
    if (opcode === STOP) return { value: machine.pop(), end: reader.position() };
    const run = opcodes[opcode];
    if (run === undefined)
      throw new UnsoundFileError(`its pickle holds the opcode ${opcode}, which torch.save never writes`);
    run(machine);
  }
}

function createMachine(reader: PickleReader, world: PickleWorld): Machine {
  const stack: unknown[] = [];
  const marks: number[] = [];
  let objects = 0;
  const assertFilled = () => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw new UnsoundFileError('its pickle takes a value where there is none');
  };
  return {
    reader,
    world,
    memo: new Map(),
    push: (value) => stack.push(value),
    pushObject(value) {
      objects += value instanceof Map || value instanceof Set ? 1 + value.size : 1;
      if (objects > mostObjects) throw new UnsoundFileError(`its pickle makes more than ${mostObjects} objects`);
      stack.push(value);
    },
    pop() {
      assertFilled();
      return stack.pop();
    },
    top() {
      assertFilled();
      return stack.at(-1);
    },
    mark: () => marks.push(stack.length),
    popMark() {
      const mark = marks.pop();
      if (mark === undefined) throw new UnsoundFileError('its pickle closes a group that it never opened');
      return stack.splice(mark);
    },
  };
}

const STOP = 0x2e;

/** What each opcode does, under the names of Python's `pickletools`. */
const opcodes: Readonly<Record<number, (machine: Machine) => void>> = {
  /* PROTO */ 128: ({ reader }) => void reader.uint8(),
  /* FRAME */ 149: ({ reader }) => void reader.size64(),
  /* MARK */ 40: (machine) => machine.mark(),
  /* POP */ 48: (machine) => void machine.pop(),
  /* POP_MARK */ 49: (machine) => void machine.popMark(),
  /* DUP */ 50: (machine) => machine.push(machine.top()),
  /* NONE */ 78: (machine) => machine.push(null),
  /* NEWTRUE */ 136: (machine) => machine.push(true),
  /* NEWFALSE */ 137: (machine) => machine.push(false),

  /* BININT */ 74: (machine) => machine.push(machine.reader.int32()),
  /* BININT1 */ 75: (machine) => machine.push(machine.reader.uint8()),
  /* BININT2 */ 77: (machine) => machine.push(machine.reader.uint16()),
  /* LONG1 */ 138: (machine) => machine.push(machine.reader.integer(machine.reader.uint8())),
  /* BINFLOAT */ 71: (machine) => machine.push(machine.reader.float64BigEndian()),

  /* BINSTRING */ 84: (machine) => machine.push(machine.reader.text(machine.reader.size32())),
  /* SHORT_BINSTRING */ 85: (machine) => machine.push(machine.reader.text(machine.reader.uint8())),
  /* BINUNICODE */ 88: (machine) => machine.push(machine.reader.text(machine.reader.size32())),
  /* SHORT_BINUNICODE */ 140: (machine) => machine.push(machine.reader.text(machine.reader.uint8())),
  /* BINUNICODE8 */ 141: (machine) => machine.push(machine.reader.text(machine.reader.size64())),
  /* BINBYTES */ 66: (machine) => machine.push(machine.reader.bytes(machine.reader.size32())),
  /* SHORT_BINBYTES */ 67: (machine) => machine.push(machine.reader.bytes(machine.reader.uint8())),
  /* BINBYTES8 */ 142: (machine) => machine.push(machine.reader.bytes(machine.reader.size64())),

  /* EMPTY_TUPLE */ 41: (machine) => machine.pushObject([]),
  /* TUPLE */ 116: (machine) => machine.pushObject(machine.popMark()),
  /* TUPLE1 */ 133: (machine) => machine.pushObject([machine.pop()]),
  /* TUPLE2 */ 134: (machine) => machine.pushObject([machine.pop(), machine.pop()].reverse()),
  /* TUPLE3 */ 135: (machine) => machine.pushObject([machine.pop(), machine.pop(), machine.pop()].reverse()),
  /* EMPTY_LIST */ 93: (machine) => machine.pushObject([]),
  /* LIST */ 108: (machine) => machine.pushObject(machine.popMark()),
  /* APPEND */ 97: (machine) => extend(machine, [machine.pop()]),
  /* APPENDS */ 101: (machine) => extend(machine, machine.popMark()),
  /* EMPTY_DICT */ 125: (machine) => machine.pushObject(new Map()),
  /* DICT */ 100: (machine) => {
    const items = machine.popMark();
    machine.pushObject(new Map());
    setItems(machine, items);
  },
  /* SETITEM */ 115: (machine) => setItems(machine, [machine.pop(), machine.pop()].reverse()),
  /* SETITEMS */ 117: (machine) => setItems(machine, machine.popMark()),
  /* EMPTY_SET */ 143: (machine) => machine.pushObject(new Set()),
  /* FROZENSET */ 145: (machine) => machine.pushObject(new Set(machine.popMark())),
  /* ADDITEMS */ 144: (machine) => {
    const items = machine.popMark();
    const target = machine.top();
    if (!(target instanceof Set)) throw new UnsoundFileError('its pickle adds items to what is no set');
    for (const item of items) target.add(item);
  },

  /* BINGET */ 104: (machine) => recall(machine, machine.reader.uint8()),
  /* LONG_BINGET */ 106: (machine) => recall(machine, machine.reader.size32()),
  /* BINPUT */ 113: (machine) => void machine.memo.set(machine.reader.uint8(), machine.top()),
  /* LONG_BINPUT */ 114: (machine) => void machine.memo.set(machine.reader.size32(), machine.top()),
  /* MEMOIZE */ 148: (machine) => void machine.memo.set(machine.memo.size, machine.top()),

  /* GLOBAL */ 99: (machine) => pushGlobal(machine, machine.reader.line(), machine.reader.line()),
  /* STACK_GLOBAL */ 147: (machine) => {
    const [name, module] = [machine.pop(), machine.pop()];
    pushGlobal(machine, String(module), String(name));
  },
  /* REDUCE */ 82: callGlobal,
  /* NEWOBJ */ 129: callGlobal,
  /* BUILD sets attributes; none of the objects here has any that matters. */ 98: (machine) => void machine.pop(),
  /* BINPERSID */ 81: (machine) => machine.push(machine.world.persistent(machine.pop())),
};

function extend(machine: Machine, items: readonly unknown[]): void {
  const target = machine.top();
  if (!Array.isArray(target)) throw new UnsoundFileError('its pickle appends to what is no list');
  for (const item of items) target.push(item);
}

function setItems(machine: Machine, items: readonly unknown[]): void {
  const target = machine.top();
  if (!(target instanceof Map)) throw new UnsoundFileError('its pickle sets items of what is no dict');
  if (items.length % 2 !== 0) throw new UnsoundFileError('its pickle sets a key without a value');
  for (let index = 0; index < items.length; index += 2) target.set(items[index], items[index + 1]);
}

function recall(machine: Machine, index: number): void {
  if (!machine.memo.has(index)) throw new UnsoundFileError('its pickle recalls a value that it never stored');
  machine.push(machine.memo.get(index));
}

function pushGlobal(machine: Machine, module: string, name: string): void {
  const fullName = `${module}.${name}`;
  const value = machine.world.global(fullName);
  if (value === undefined) {
    throw new UnsoundFileError(
      `its pickle asks for ${fullName.slice(0, 100)}, which is not among what weights are made of`,
    );
  }
  machine.push(value);
}

function callGlobal(machine: Machine): void {
  const [args, callable] = [machine.pop(), machine.pop()];
  if (!(callable instanceof PickleGlobal) || callable.call === undefined || !Array.isArray(args)) {
    const subject = callable instanceof PickleGlobal ? callable.name : 'what is no function';
    throw new UnsoundFileError(`its pickle calls ${subject}`);
  }
  machine.pushObject(Object(callable.call(args)) as object);
}
