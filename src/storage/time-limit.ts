/** How long one request may take: time for the answer to begin, and time for its bytes. */

/** Slower than this for a whole transfer is a connection to give up: a thousandth of what one stream from S3 carries. */
const slowestBytesPerMs = 100;

export class TimeLimit {
  readonly #controller = new AbortController();
  readonly #timeoutMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.allow(0);
  }

  /** Fires when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Starts the time anew, for so many bytes. */
  allow(bytes: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#controller.abort(),
      this.#timeoutMs + bytes / slowestBytesPerMs,
    );
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
