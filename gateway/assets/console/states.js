// The states of an order, each with how good it is; which of them may still be cancelled, the gateway decides.

const TONES = {
  DRAFT: "quiet",
  PENDING: "busy",
  RESERVED: "busy",
  COMPLETED: "busy",
  IN_TRANSIT: "busy",
  DELIVERED: "good",
  CANCELLING: "look",
  CANCELLED: "quiet",
  FAILED: "bad",
};
const CANCELLABLE = ["DRAFT", "PENDING", "RESERVED", "COMPLETED"];

export const STATES = Object.keys(TONES);

export function tone(status) {
  return TONES[status] ?? "unknown";
}

export function isCancellable(status) {
  return CANCELLABLE.includes(status);
}
