/** The API's types by their names in the OpenAPI document, and its paths. */
import type { components, paths } from "./schema.gen.ts";

export type { components, operations, paths } from "./schema.gen.ts";

/** `Schemas["SettingsBody"]` and the like. */
export type Schemas = components["schemas"];

export type Method = "get" | "post" | "put" | "patch" | "delete";

type Filled<P> = P extends `${infer Before}{${string}}${infer After}` ? `${Before}${string}${Filled<After>}` : P;
type Having<M extends Method> = { [P in keyof paths]: paths[P][M] extends undefined ? never : P }[keyof paths];

/** The paths under `/api/v1` that take a method, with any text where the document has a parameter: a typo does not compile. */
export type ApiPath<M extends Method> = Having<M> extends infer P ? (P extends `/api/v1${infer Rest}` ? Filled<Rest> : never) : never;
