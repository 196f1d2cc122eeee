// Of `Symbol.dispose`, where a program's own `lib` is older.
/// <reference lib="esnext.disposable" />

/** The value of a setting. Integers are numbers. */
export type SettingValue = boolean | string | number;

/** The type of a setting, as chosen on the ConfigCat dashboard. */
export type SettingType = "bool" | "text" | "int" | "double";

/** A value of an attribute of a user. A boolean is the text `true` or `false`; `null` and `undefined` set nothing. */
export type AttributeValue = string | number | bigint | boolean | Date | readonly string[] | null | undefined;

/** The user that settings are evaluated for. Build it once, and pass it to any number of evaluations. */
export class User {
  private constructor();
  /** Frees the memory of WebAssembly now; otherwise the garbage collector does it. */
  free(): void;
  [Symbol.dispose](): void;
}

/**
 * Returns a user with this identifier and these attributes. `Email` and `Country` are predefined names; any other name is a custom
 * attribute.
 *
 * @throws {ConfigCatError} of kind `InvalidAttribute`, if a value has another type.
 *
 * @example
 * const jane = user("42", { Email: "jane@example.com", Country: "HU", plan: "pro", age: 32 });
 */
export function user(identifier: AttributeValue, attributes?: Readonly<Record<string, AttributeValue>>): User;

/** Returned by `Flag.details` and `Config.details`. The same object for the same rule, so it is frozen. */
export interface Details {
  readonly key: string;
  readonly value: SettingValue;
  /** The id of the variation that the value belongs to, if the config JSON has one. */
  readonly variationId: string | undefined;
  /** The index of the targeting rule that matched, counted from 0. */
  readonly matchedRule: number | undefined;
  /** The rule as text, such as `IF User.Country IS ONE OF ['HU'] THEN 'sale'`. */
  readonly matchedRuleText: string | undefined;
  /** The index of the percentage option that was selected, counted from 0. */
  readonly matchedOption: number | undefined;
  /** The share of that option in percent. */
  readonly matchedPercentage: number | undefined;
  /** `true` if `Config.explain` has warnings about the user. */
  readonly hasWarnings: boolean;
}

/** A setting of a config: the fastest way to evaluate the same setting again and again. */
export class Flag {
  private constructor();
  readonly key: string;
  /** The type; `undefined` if it is unknown. */
  readonly type: SettingType | undefined;
  /**
   * Returns the value for a user, or for no user in particular.
   *
   * @throws {ConfigCatError} if evaluation reaches a fault of the config.
   */
  value(user?: User | null): SettingValue;
  /** Returns the value and where it comes from. Throws what `value` throws. */
  details(user?: User | null): Details;
}

/** A config JSON, ready to be evaluated any number of times. */
export class Config {
  private constructor();
  /**
   * Reads a config JSON of version 6, 5 or 4. What is broken inside of a setting fails only when that setting is evaluated.
   *
   * @throws {ConfigCatError} if the document is not JSON, or no config, or larger than 64 MiB.
   */
  static parse(document: string | ArrayBuffer | ArrayBufferView): Config;
  /** Reads an override file: the simple form `{"flags": {"key": value}}`, or a config JSON. Throws what `parse` throws. */
  static parseOverrides(document: string | ArrayBuffer | ArrayBufferView): Config;
  /** Returns the keys of all settings, in the order of the document. */
  keys(): string[];
  /** Returns whether there is a setting of this key. */
  has(key: string): boolean;
  /**
   * Returns the setting of this key. It keeps the config alive.
   *
   * @throws {ConfigCatError} of kind `SettingNotFound`.
   */
  flag(key: string): Flag;
  /** Returns the value of a setting. Throws what `flag` and `Flag.value` throw. */
  value(key: string, user?: User | null): SettingValue;
  /** Returns the value of a setting and where it comes from. Throws what `value` throws. */
  details(key: string, user?: User | null): Details;
  /** Returns all values by their keys. A setting that cannot be evaluated is left out; `value` throws its error. */
  all(user?: User | null): Record<string, SettingValue>;
  /** Returns how a setting is evaluated. `returned` is the value that the caller returns after an error, for the text. */
  explain(key: string, user?: User | null, returned?: SettingValue): Explanation;
  /** Frees the memory of WebAssembly now; otherwise the garbage collector does it. */
  free(): void;
  [Symbol.dispose](): void;
}

/** The error of reading a config or evaluating a setting. The message is a full sentence with the place. */
export class ConfigCatError extends Error {
  readonly name: "ConfigCatError";
  readonly kind: ErrorKind;
  /** The place in the config JSON, such as `f.isNew.r[2].c[0].u`. */
  readonly place?: string;
  /** The line of a document that is not JSON or not UTF-8, counted from 1. */
  readonly line?: number;
  /** The byte of that line, counted from 1. */
  readonly column?: number;
}

export type ErrorKind =
  // Of reading.
  | "NotUtf8" | "Utf16" | "NotJson" | "NotAnObject" | "NotAConfig" | "TooLarge"
  | "NoFlags" | "FlagsNotAnObject" | "FlagsAndConfig"
  // Of evaluating.
  | "SettingNotFound" | "Malformed" | "TooLong" | "Missing" | "UnknownSettingType" | "UnknownComparator" | "InvalidHashedItem"
  | "InvalidCondition" | "InvalidThenPart" | "SegmentNotFound" | "PrerequisiteNotFound" | "PrerequisiteTypeMismatch"
  | "CircularDependency" | "TooComplex" | "TooDeep" | "NegativePercentage" | "PercentagesIncomplete"
  // Of the caller.
  | "InvalidAttribute" | "Freed" | "NotReady"
  // Of a later version.
  | "Other";

/** The steps of an evaluation. */
export interface Explanation extends SettingSteps {
  key: string;
  /** The evaluation log, as all ConfigCat SDKs write it. */
  text: string;
  /** Problems with the user, each with the id of the log event. */
  warnings: { id: number; message: string }[];
  /** Likely reasons for an unexpected value. */
  hints: string[];
  /** `true` if a part is left out because of its size. */
  isCut: boolean;
  value?: SettingValue;
  error?: ConfigCatError;
}

export interface SettingSteps {
  /** The targeting rules, up to the one that matched. */
  rules: RuleSteps[];
  options?: OptionsSteps;
}

/**
 * Whether it holds, or the reason as in the log (`cannot evaluate, User Object is missing`); neither if an error came between.
 */
export interface Outcome {
  holds?: boolean;
  cannotEvaluate?: string;
}

export interface RuleSteps extends Outcome {
  /** The conditions, up to the first that does not hold. */
  conditions: ConditionSteps[];
  conditionCount: number;
  then: string;
  options?: OptionsSteps;
}

export interface ConditionSteps extends Outcome {
  text: string;
  segment?: Outcome & { name: string; conditions: ConditionSteps[] };
  prerequisite?: SettingSteps & { key: string; value?: SettingValue };
}

export interface OptionsSteps {
  /** The reason if they were skipped. */
  cannotEvaluate?: string;
  /** The attribute that was hashed, and its hash, 0 to 99. */
  attribute?: string;
  bucket?: number;
  /** The option that was selected. */
  index?: number;
  percentage?: number;
  value?: string;
}

/**
 * Loads the WebAssembly. Await it once in browsers and workers; in Node.js it does nothing. Without an argument it is fetched from
 * beside the module.
 */
export default function init(options?: {
  module_or_path: string | URL | Request | Response | Promise<Response> | BufferSource | WebAssembly.Module;
}): Promise<unknown>;

/** Loads the WebAssembly from its bytes, or from a module that the platform has compiled. */
export function initSync(options: { module: BufferSource | WebAssembly.Module }): unknown;
