import type { ErrorCode } from "../errors.js";

/**
 * An error that h3 v1 and v2 each take for one of their own: v1 knows its errors by the constructor's mark, v2 by the name.
 * h3 itself is not imported, since an app's tree can hold both majors.
 */
export class SessionHttpError extends Error {
  static readonly __h3_error__ = true;
  readonly code: ErrorCode | undefined;
  readonly status: number;
  readonly statusCode: number;
  readonly statusText: string;
  readonly statusMessage: string;
  readonly headers: Headers;
  readonly fatal = false;
  readonly unhandled = false;
  readonly data: { code: ErrorCode } | undefined;

  constructor(status: number, statusText: string, message: string, code?: ErrorCode, headers?: Record<string, string>) {
    super(message);
    this.name = "HTTPError";
    this.code = code;
    this.status = this.statusCode = status;
    this.statusText = this.statusMessage = statusText;
    this.headers = new Headers(headers);
    this.data = code && { code };
  }

  toJSON(): object {
    const { status, statusText, message, data } = this;
    // v1 looks for `statusCode`, v2 for `status`.
    return { status, statusCode: status, statusText, statusMessage: statusText, message, data };
  }
}
