// Runs the stock tRPC client for the tests: a command is one JSON line on the standard input, what the client
// answers and what its subscriptions receive are JSON lines on the standard output.
import { createInterface } from "node:readline";
import { createTRPCUntypedClient, createWSClient, wsLink } from "@trpc/client";
import { SuperJSON } from "superjson";

const superjson = new SuperJSON();

// As ChainGraph's frontend: both classes only carry what they were given.
class BaseNode {
  constructor(document) {
    this.document = document;
  }
}

class ExecutionEventImpl {
  constructor({ index, type, timestamp, data }) {
    Object.assign(this, { index, type, timestamp: new Date(timestamp), data: superjson.deserialize(data) });
  }
}

superjson.registerCustom(
  {
    isApplicable: (value) => value instanceof BaseNode,
    serialize: (node) => node.document,
    deserialize: (document) => new BaseNode(document),
  },
  "BaseNode",
);
superjson.registerCustom(
  {
    isApplicable: (value) => value instanceof ExecutionEventImpl,
    serialize: ({ index, type, timestamp, data }) => ({
      index,
      type,
      timestamp: timestamp.toISOString(),
      data: superjson.serialize(data),
    }),
    deserialize: (event) => new ExecutionEventImpl(event),
  },
  "ExecutionEventImpl",
);

const clients = {};
const subscriptions = {};

// What has a class is told by its name, because a JSON line has none.
const classed = (_, value) => {
  if (value instanceof BaseNode) return { class: "BaseNode", ...value.document };
  if (value instanceof ExecutionEventImpl) return { class: "ExecutionEventImpl", ...value };
  return value instanceof Error ? { class: "Error", message: value.message } : value;
};
const say = (line) => process.stdout.write(`${JSON.stringify(line, classed)}\n`);
const refusal = (error) => ({ message: error.message, code: error.data?.code ?? null, data: error.data ?? null });

function connect({ client, url, connectionParams, keepAlive, retryDelayMs }) {
  const socket = createWSClient({
    url,
    connectionParams: connectionParams ?? undefined,
    keepAlive: keepAlive ? { enabled: true, ...keepAlive } : undefined,
    retryDelayMs: () => retryDelayMs ?? 50,
    onOpen: () => say({ client, told: "open" }),
    onClose: (cause) => say({ client, told: "close", code: cause?.code ?? null }),
  });
  clients[client] = { socket, trpc: createTRPCUntypedClient({ links: [wsLink({ client: socket, transformer: superjson })] }) };
}

async function call({ call, client, kind, path, input }) {
  try {
    say({ call, result: await clients[client].trpc[kind](path, superjson.deserialize(input)) });
  } catch (error) {
    say({ call, error: refusal(error) });
  }
}

function subscribe({ subscription, client, path, input }) {
  subscriptions[subscription] = clients[client].trpc.subscription(path, input, {
    onStarted: () => say({ subscription, told: "started" }),
    onData: (events) => say({ subscription, told: "data", events }),
    onError: (error) => say({ subscription, told: "error", error: refusal(error) }),
    onStopped: () => say({ subscription, told: "stopped" }),
    onComplete: () => say({ subscription, told: "complete" }),
  });
}

// Several calls made in one tick travel as one message.
const commands = {
  connect,
  calls: ({ calls }) => calls.forEach(call),
  subscribe,
  unsubscribe: ({ subscription }) => subscriptions[subscription].unsubscribe(),
  close: ({ client }) => clients[client].socket.close(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...rest } = JSON.parse(line);
  commands[command](rest);
}
process.exit(0);
