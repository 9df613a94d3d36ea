import { type Api, ApiError, statusOf } from "./api.ts";
import type { Attributes, Platform, Proof, Reply, Request } from "./ports.ts";

const ANONYMOUS = "anonymous";

/** One identity on this device. Replaced, never changed, when the user changes. */
interface Identity {
  /** Null: anonymous. */
  readonly userId: string | null;
  /** The anonymous id in use, or the one to unite with the user. */
  anonymousId: string | null;
  /** Sent with the next session or identify call. */
  attributes: Attributes | undefined;
  /** How the user's identity is proven, if it is. */
  vouch?: Proof | undefined;
  token: Promise<string> | null;
  /** The newest token that was had, stale or not. */
  proof: string | null;
}

export interface Owner {
  /** A name for the identity. */
  readonly who: string;
  readonly token: string | null;
}

function nobody(anonymousId: string | null): Identity {
  return { userId: null, anonymousId, attributes: undefined, token: null, proof: null };
}

/**
 * Who the user is and the token that proves it. Identity changes at once and in one place; tokens follow when
 * they are needed. Whatever began under an older identity learns of it by comparing `current`.
 */
export class Session {
  readonly #api: Api;
  readonly #platform: Platform;
  #identity: Identity;

  constructor(api: Api, platform: Platform) {
    this.#api = api;
    this.#platform = platform;
    this.#identity = nobody(this.#stored());
  }

  /** Compare with === to learn whether the user is still the same. */
  get current(): object {
    return this.#identity;
  }

  /** For what is sent without waiting, or after the user has gone: a beacon, a stored entry. */
  get owner(): Owner {
    const { userId, anonymousId, proof } = this.#identity;
    return { who: userId === null ? `a:${anonymousId ?? ""}` : `u:${userId}`, token: proof };
  }

  /** True when attributes would still travel with the coming session. */
  get starting(): boolean {
    return !this.#identity.token;
  }

  /** Attributes for the coming session; those given later win. */
  add(attributes: Attributes | undefined): void {
    if (attributes) this.#identity.attributes = { ...this.#identity.attributes, ...attributes };
  }

  /** As `add`, for older ones: those known already win. */
  addOlder(attributes: Attributes | undefined): void {
    if (attributes) this.#identity.attributes = { ...attributes, ...this.#identity.attributes };
  }

  /** Answers whether the user on screen stays the same person (anonymous until now, or no change at all). */
  become(userId: string, attributes?: Attributes, proof?: Proof): boolean {
    const before = this.#identity;
    if (before.userId === userId) {
      before.vouch = proof ?? before.vouch;
      return true;
    }
    const anonymous = before.userId === null;
    if (!anonymous) this.#platform.storage.remove(ANONYMOUS);
    this.#identity = { ...nobody(anonymous ? before.anonymousId : null), userId, vouch: proof };
    if (anonymous) this.add(before.attributes);
    this.add(attributes);
    if (anonymous && before.token) this.#identity.token = this.#keep(this.#identity, this.#promote(this.#identity, before.token));
    return anonymous;
  }

  /** Forgets the user; the next session is a new anonymous one. */
  forget(): void {
    this.#platform.storage.remove(ANONYMOUS);
    this.#identity = nobody(null);
  }

  token(): Promise<string> {
    const identity = this.#identity;
    return identity.token ?? this.#keep(identity, this.#begin(identity));
  }

  /** Calls with a token. On 401 it starts one new session and repeats the call once. */
  async call(method: Request["method"], path: string, body?: unknown): Promise<Reply> {
    const identity = this.#identity;
    const pending = this.token();
    try {
      return await this.#api.call(method, path, body, { token: await pending });
    } catch (error) {
      if (statusOf(error) !== 401 || identity !== this.#identity) throw error;
      if (!(await settled(pending))) throw error;
      // Of several calls that meet a stale token only the first renews it.
      if (identity.token === pending) identity.token = null;
      return this.#api.call(method, path, body, { token: await this.token() });
    }
  }

  #keep(identity: Identity, token: Promise<string>): Promise<string> {
    identity.token = token;
    token.then(
      (proof) => void (identity.proof = proof),
      () => {
        if (identity.token === token) identity.token = null;
      },
    );
    return token;
  }

  #begin(identity: Identity): Promise<string> {
    if (identity.userId === null) return this.#startAnonymous(identity);
    if (identity.anonymousId === null) return this.#start(identity, { user_id: identity.userId });
    const anonymous = this.#open({ anonymous_id: identity.anonymousId });
    return this.#promote(identity, anonymous);
  }

  #startAnonymous(identity: Identity): Promise<string> {
    identity.anonymousId ??= this.#platform.random.uuid();
    this.#platform.storage.set(ANONYMOUS, identity.anonymousId);
    return this.#start(identity, { anonymous_id: identity.anonymousId });
  }

  async #start(identity: Identity, who: Record<string, unknown>): Promise<string> {
    const { vouch } = identity;
    const proof = typeof vouch === "function" ? await vouch() : vouch;
    const token = await this.#open({ ...who, proof }, identity.attributes);
    identity.attributes = undefined;
    return token;
  }

  /** Unites the anonymous user with the named one. */
  async #promote(identity: Identity, anonymous: Promise<string>): Promise<string> {
    const userId = identity.userId as string;
    try {
      const token = await anonymous;
      const { vouch } = identity;
      const proof = typeof vouch === "function" ? await vouch() : vouch;
      const body = { user_id: userId, proof, attributes: identity.attributes };
      const reply = await this.#api.call("POST", "/identify", body, { token });
      const united = tokenIn(reply);
      identity.attributes = undefined;
      this.#spend(identity);
      return united;
    } catch (error) {
      const status = statusOf(error);
      // 401: the anonymous token is stale; `begin` takes a fresh one next time.
      if (status !== 409) throw error;
      // That anonymous id belongs to somebody else: leave it behind.
      this.#spend(identity);
      return this.#start(identity, { user_id: userId });
    }
  }

  /** The anonymous id has found its user and is never used again. */
  #spend(identity: Identity): void {
    if (this.#stored() === identity.anonymousId) this.#platform.storage.remove(ANONYMOUS);
    identity.anonymousId = null;
  }

  async #open(who: Record<string, unknown>, attributes?: Attributes): Promise<string> {
    const { name, sdk, surroundings } = this.#platform;
    const body = { ...who, attributes, locale: surroundings.locale(), platform: name, sdk };
    return tokenIn(await this.#api.call("POST", "/session", body));
  }

  #stored(): string | null {
    return this.#platform.storage.get(ANONYMOUS);
  }
}

function tokenIn(reply: Reply): string {
  const token = (reply.body as { client_token?: unknown } | null)?.client_token;
  if (typeof token !== "string") throw new ApiError(reply.status);
  return token;
}

function settled(token: Promise<string>): Promise<boolean> {
  return token.then(
    () => true,
    () => false,
  );
}
