/** The failure of one image: its bytes give no picture. */

/** `message` is a short reason for a person, fit to stand in the list of failures. */
export class Undecodable extends Error {
  constructor(reason: string, options?: { cause?: unknown }) {
    super(reason, options);
    this.name = 'Undecodable';
  }
}
