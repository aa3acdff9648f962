/** One way to check payloads, whatever the contract is made with. */
export interface PayloadValidator {
  /**
   * What the handler gets, or a promise of it: an instance of the class, or what the schema made of it. It may take
   * `payload` apart, so give it one that nobody else needs.
   * @throws WarrenError WARREN_PAYLOAD_INVALID listing what is wrong by property, or rejects with it; other errors
   * when the contract itself fails.
   */
  check(payload: unknown): unknown;
}
