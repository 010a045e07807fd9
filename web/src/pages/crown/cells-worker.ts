import { buffersOf, type CellsAnswer, gridOf, orderKept } from './cells.ts';

/** What is to be made ready: the bytes of an answer, and of what it is, so that everybody keeps the row. */
export interface Given {
  readonly id: number;
  readonly of: string;
  readonly bytes: ArrayBuffer;
}

const orders = new Map<string, readonly string[]>();

addEventListener('message', ({ data: { id, of, bytes } }: MessageEvent<Given>) => {
  try {
    const answer = JSON.parse(new TextDecoder().decode(bytes)) as CellsAnswer;
    const order = orderKept(orders.get(of) ?? [], answer);
    orders.set(of, order);
    const grid = gridOf(answer, order);
    postMessage({ id, grid }, { transfer: [...new Set(buffersOf(grid))] });
  } catch (error) {
    postMessage({ id, problem: String(error) });
  }
});
