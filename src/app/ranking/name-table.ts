import { breathe } from '../breathe.ts';

/** Names in the order of their bytes, in one buffer, and the same in small letters where that differs. */
export class NameTable {
  readonly #names = new TextTable();
  /** `null`: all names are in small letters as they are. */
  #small: TextTable | null = null;

  get length(): number {
    return this.#names.length;
  }

  get bytes(): number {
    return this.#names.bytes + (this.#small?.bytes ?? 0);
  }

  push(name: string): void {
    const small = name.toLowerCase();
    if (small !== name && this.#small === null) {
      this.#small = new TextTable();
      for (let place = 0; place < this.length; place += 1) this.#small.push(this.#names.at(place));
    }
    this.#names.push(name);
    this.#small?.push(small);
  }

  /** Gives back the room that is left: nothing more comes. */
  seal(): void {
    this.#names.seal();
    this.#small?.seal();
  }

  at(place: number): string {
    return this.#names.at(place);
  }

  /** Places of the names that have `part` in them, whatever the capitals, ascending. Lets others work in between. */
  async having(part: string): Promise<Uint32Array> {
    return (this.#small ?? this.#names).having(Buffer.from(part.toLowerCase()));
  }
}

/** Bytes looked through before others may work: some 10 milliseconds. */
const bytesAtOnce = 4 * 1024 * 1024;

/** Texts by place, one after the other in UTF-8. */
class TextTable {
  #bytes: Buffer = Buffer.alloc(64 * 1024);
  /** Where each text ends; it begins where the one before ends. */
  #ends = new Uint32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#bytes.byteLength + this.#ends.byteLength;
  }

  #start(place: number): number {
    return place === 0 ? 0 : this.#ends[place - 1]!;
  }

  push(text: string): void {
    const from = this.#start(this.#length);
    // No character of a string takes more than three bytes for each of its units.
    if (from + text.length * 3 > this.#bytes.length) {
      const bytes = Buffer.alloc(this.#bytes.length * 2 + text.length * 3);
      this.#bytes.copy(bytes);
      this.#bytes = bytes;
    }
    if (this.#length === this.#ends.length) {
      const ends = new Uint32Array(this.#ends.length * 2);
      ends.set(this.#ends);
      this.#ends = ends;
    }
    this.#ends[this.#length] = from + this.#bytes.write(text, from);
    this.#length += 1;
  }

  at(place: number): string {
    return this.#bytes.toString('utf8', this.#start(place), this.#ends[place]);
  }

  /** Gives back the room that is left. */
  seal(): void {
    this.#bytes = Buffer.from(this.#bytes.subarray(0, this.#start(this.#length)));
    this.#ends = this.#ends.slice(0, this.#length);
  }

  async having(part: Buffer): Promise<Uint32Array> {
    const found = new Uint32Array(this.#length);
    const end = this.#start(this.#length);
    let [count, place, paused, within] = [0, 0, 0, 0];
    for (let from = 0; place < this.#length;) {
      // Names are alike: what the one before has is mostly at the same place in this one.
      const guess = from + within;
      const isThere = guess + part.length <= this.#ends[place]! && this.#isAt(part, guess);
      const at = isThere ? guess : this.#bytes.indexOf(part, from);
      if (at < 0 || at >= end) break;
      while (this.#ends[place]! <= at) place += 1;
      // One that goes over into the next name is none.
      if (at + part.length <= this.#ends[place]!) {
        found[count] = place;
        count += 1;
        within = at - this.#start(place);
        from = this.#ends[place]!;
        place += 1;
      } else from = at + 1;
      if (from - paused > bytesAtOnce) {
        paused = from;
        await breathe();
      }
    }
    return found.slice(0, count);
  }

  #isAt(part: Buffer, from: number): boolean {
    for (let i = 0; i < part.length; i += 1) if (this.#bytes[from + i] !== part[i]) return false;
    return true;
  }
}
