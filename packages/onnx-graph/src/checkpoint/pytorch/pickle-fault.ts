/** What is wrong with a pickle. Readers of files turn it into a typed error with the path. */
export class PickleFault extends Error {
  override readonly name = 'PickleFault';
  /** Whether the file asks for something that is never done, and is not just damaged. */
  readonly isRefusal: boolean;

  constructor(message: string, isRefusal = false) {
    super(message);
    this.isRefusal = isRefusal;
  }
}

/** The bytes end before the pickle does. */
export class PickleUnfinished extends Error {
  override readonly name = 'PickleUnfinished';
}
