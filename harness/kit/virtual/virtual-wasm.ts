type Bytes = ArrayBuffer | ArrayBufferView;
type Source = Response | Promise<Response>;
type Imports = Record<string, Record<string, unknown>>;

/** The types of the platform leave it out. */
interface Wasm {
  readonly Module: new (bytes: Bytes) => object;
  readonly Instance: new (module: object, imports?: Imports) => object;
}

/**
 * The functions of `WebAssembly` that compile on threads of the platform, which no virtual time waits for and nobody can see: done at once
 * in their place, by the same compiler.
 */
export function virtualWasm(): Readonly<Record<string, unknown>> {
  const { Module, Instance } = Reflect.get(globalThis, 'WebAssembly') as Wasm;
  const compile = async (bytes: Bytes): Promise<object> => Promise.resolve(new Module(bytes));
  const instantiate = async (given: object, imports?: Imports): Promise<object> => {
    if (given instanceof Module) return new Instance(given, imports);
    const module = await compile(given as Bytes);
    return { module, instance: new Instance(module, imports) };
  };
  const bytesOf = async (source: Source): Promise<ArrayBuffer> => {
    const response = await source;
    const type = response.headers.get('content-type');
    if (!response.ok || type !== 'application/wasm')
      throw new TypeError(`WebAssembly was answered ${response.status} with content of the type ${type}.`);
    return response.arrayBuffer();
  };
  return {
    compile,
    instantiate,
    compileStreaming: async (source: Source) => compile(await bytesOf(source)),
    instantiateStreaming: async (source: Source, imports?: Imports) => instantiate(await bytesOf(source), imports),
  };
}
