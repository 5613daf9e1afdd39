// The demo flight through the generated TypeScript client: `node out/demo_flight.js SCENE.json`.
//
// Planned too close, refused with reasons, moved, assessed, released, flown with telemetry, landed
// and in the technical log. Prints one JSON object; exit 1 at the first answer that is not as it
// should be. Made and run by `python -m benchmarks.api_clients`.

import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api.js";

type Schemas = components["schemas"];
type Point = Omit<Schemas["TelemetryPointRequest"], "recorded_at"> & { second: number };

interface Scene {
  url: string;
  password: string;
  people: Record<"chief" | "pilot" | "dispatcher", { email: string; key: string }>;
  title: string;
  unfinished: string[];
  station: string;
  reports: string[];
  inspection: Schemas["DailyInspectionRequest"];
  plan: Schemas["PlanOperationRequest"];
  moved: Schemas["PatchedAmendOperationRequest"];
  risks: Omit<Schemas["CreateRiskAssessmentRequest"], "operation">[];
  ground_station: Omit<Schemas["RegisterGroundStationRequest"], "device_id" | "api_token">;
  track: Point[];
  alerts: string[];
  log: Schemas["CompleteLogRequest"];
}

type Api = Client<paths>;
interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

const PERIOD_S = 30;
const BATCH_S = 2;
const RATE_HZ = 10;
const OPERATION = "/api/flight-operations/operations/{number}/";
const scene = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Scene;

function told<T>(what: string, answer: Answer<T>, status: number): NonNullable<T> {
  if (answer.response.status !== status || answer.data === undefined || answer.data === null) {
    const said = JSON.stringify(answer.error ?? answer.data ?? null).slice(0, 900);
    throw new Error(`${what}: ${answer.response.status}, not ${status}: ${said}`);
  }
  return answer.data;
}

function refused(what: string, answer: Answer<unknown>, status: number): Schemas["Problem"] {
  if (answer.response.status !== status) {
    throw new Error(`${what}: ${answer.response.status}, not refused with ${status}`);
  }
  return answer.error as Schemas["Problem"];
}

const pause = (seconds: number) => new Promise((done) => setTimeout(done, seconds * 1000));

// The six digits of this half minute (RFC 6238).
function code(key: string): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000 / PERIOD_S)));
  const digest = createHmac("sha1", Buffer.from(key, "hex")).update(counter).digest();
  const place = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(place) & 0x7fffffff) % 1e6).padStart(6, "0");
}

async function signIn(who: keyof Scene["people"]): Promise<Api> {
  const api = createClient<paths>({ baseUrl: scene.url });
  const { email, key } = scene.people[who];
  for (let attempt = 0; attempt < 3; attempt++) {
    const body = { email, password: scene.password, otp: code(key) };
    const { data } = await api.POST("/api/token/", { body });
    if (data) {
      const headers = { Authorization: `Bearer ${data.access}` };
      return createClient<paths>({ baseUrl: scene.url, headers });
    }
    // A code serves once: wait for the next one.
    await pause(PERIOD_S - ((Date.now() / 1000) % PERIOD_S) + 0.2);
  }
  throw new Error(`sign in as ${who}`);
}

async function clear(chief: Api): Promise<void> {
  const query = { search: scene.title, page_size: 200 };
  const page = await chief.GET("/api/flight-operations/operations/", { params: { query } });
  for (const row of told("list flights", page, 200).results) {
    const params = { path: { number: row.number } };
    if (row.status === "active") {
      told("land", await chief.POST(`${OPERATION}land/`, { params, body: {} }), 200);
    } else if (scene.unfinished.includes(row.status)) {
      const body = { reason: "Left by a run before." };
      told("cancel", await chief.POST(`${OPERATION}cancel/`, { params, body }), 200);
    }
  }
}

async function prepare(dispatcher: Api, pilot: Api): Promise<void> {
  const query = { station: scene.station, kind: ["METAR" as const], page_size: 1 };
  const page = await dispatcher.GET("/api/airports/weather/", { params: { query } });
  const last = told("weather", page, 200).results[0]?.issued_at ?? "2000-01-01T00:00:00Z";
  const minute = 60_000;
  const now = Math.floor(Date.now() / minute) * minute;
  const issued = new Date(Math.max(now - 3 * minute, Date.parse(last)) + minute).toISOString();
  const stamp = issued.slice(8, 10) + issued.slice(11, 13) + issued.slice(14, 16);
  for (const text of scene.reports) {
    const body = { raw: text.replace("DDHHMM", stamp) };
    const answer = await dispatcher.POST("/api/airports/weather/", { body });
    if (!answer.response.ok) throw new Error(`weather: ${JSON.stringify(answer.error)}`);
  }
  const inspected = await pilot.POST("/api/rpas/flight-hours/daily-inspection/", {
    body: scene.inspection,
  });
  told("inspection", inspected, 201);
}

async function planAndBeRefused(pilot: Api, chief: Api): Promise<[string, number]> {
  const body = scene.plan;
  const made = await pilot.POST("/api/flight-operations/operations/", { body });
  const { number } = told("plan", made, 201);
  const path = { number };
  const denied = await chief.POST(`${OPERATION}authorise/`, { params: { path } });
  const problem = refused("authorise", denied, 409);
  const reasons = Object.keys(problem.details ?? {}).length;
  if (problem.code !== "operation_not_authorisable" || reasons === 0) {
    throw new Error(`refused without reasons: ${JSON.stringify(problem)}`);
  }
  const moved = scene.moved;
  const stale = { path, header: { "If-Match": '"999"' } };
  refused("amend", await pilot.PATCH(OPERATION, { params: stale, body: moved }), 412);
  const current = await chief.GET(OPERATION, { params: { path } });
  const header = { "If-Match": current.response.headers.get("etag") ?? "" };
  told("amend", await pilot.PATCH(OPERATION, { params: { path, header }, body: moved }), 200);
  return [number, reasons];
}

async function makeReady(pilot: Api, chief: Api, number: string): Promise<number> {
  for (const risk of scene.risks) {
    const body = { ...risk, operation: number };
    const made = await chief.POST("/api/flight-operations/risk-assessments/", { body });
    const path = { number: told("risk", made, 201).number };
    const handed = await chief.POST("/api/flight-operations/risk-assessments/{number}/submit/", {
      params: { path },
    });
    told("submit risk", handed, 200);
  }
  const params = { path: { number } };
  told("submit", await pilot.POST(`${OPERATION}submit/`, { params }), 200);
  told("authorise", await chief.POST(`${OPERATION}authorise/`, { params }), 200);
  const opened = await pilot.POST("/api/flight-operations/checklists/", {
    body: { operation: number },
  });
  for (const item of told("checklist", opened, 201).items) {
    if (item.answer !== "") continue;
    const name = item.code as Schemas["AnswerItemRequest"]["item"];
    const body = { item: name, answer: "done" as const, evidence: "Looked at, in order." };
    const answered = await pilot.POST("/api/flight-operations/checklists/{number}/answer/", {
      params,
      body,
    });
    told("answer", answered, 200);
  }
  const denied = await chief.POST(`${OPERATION}release/`, { params, body: {} });
  const problem = refused("release", denied, 409);
  const ambers = (problem.details?.["findings"] ?? []) as { rule: string }[];
  if (problem.code !== "acknowledgement_missing") throw new Error(JSON.stringify(problem));
  const acknowledgements = ambers.map(({ rule }) => ({ rule, note: "Known and accepted." }));
  const body = { acknowledgements };
  told("release", await chief.POST(`${OPERATION}release/`, { params, body }), 201);
  return ambers.length;
}

async function groundStation(chief: Api): Promise<[Api, string]> {
  const owner = told("who am I", await chief.GET("/api/me/"), 200).id;
  const expires_at = new Date(Date.now() + 86_400_000).toISOString();
  const scopes = ["flight_operations.ingest_flightoperation"];
  const body = { owner, name: "generated client", scopes, expires_at };
  const issued = told("token", await chief.POST("/api/users/api-tokens/", { body }), 201);
  const device = `client-ts-${Date.now()}`;
  const station = { ...scene.ground_station, device_id: device, api_token: issued.prefix };
  told("station", await chief.POST("/api/rpas/ground-stations/", { body: station }), 201);
  const headers = { "X-Api-Token": issued.key };
  return [createClient<paths>({ baseUrl: scene.url, headers }), device];
}

async function fly(station: Api, device: string, chief: Api, number: string): Promise<string[]> {
  const begun = Date.now();
  const size = BATCH_S * RATE_HZ;
  for (let first = 0; first < scene.track.length; first += size) {
    const points = scene.track.slice(first, first + size).map(({ second, ...point }) => ({
      ...point,
      recorded_at: new Date(begun + second * 1000).toISOString(),
    }));
    const sent = await station.POST(`${OPERATION}telemetry/`, {
      params: { path: { number } },
      body: { device, points },
    });
    told("telemetry", sent, 200);
    await pause(Math.max(0, first / RATE_HZ + BATCH_S - (Date.now() - begun) / 1000));
  }
  for (let attempt = 0; ; attempt++) {
    const page = await chief.GET("/api/flight-operations/conformance-alerts/", {
      params: { query: { operation__number: number } },
    });
    const alerts = told("alerts", page, 200).results;
    if (alerts.length >= 2 || attempt > 50) return alerts.map(({ kind }) => kind).sort();
    await pause(0.2);
  }
}

async function main(): Promise<object> {
  const chief = await signIn("chief");
  const pilot = await signIn("pilot");
  const dispatcher = await signIn("dispatcher");
  await clear(chief);
  await prepare(dispatcher, pilot);
  const [station, device] = await groundStation(chief);
  const [number, reasons] = await planAndBeRefused(pilot, chief);
  const acknowledged = await makeReady(pilot, chief, number);
  const params = { path: { number } };
  told("start", await pilot.POST(`${OPERATION}start/`, { params }), 200);
  const alerts = await fly(station, device, chief, number);
  if (JSON.stringify(alerts) !== JSON.stringify(scene.alerts)) throw new Error(`alerts: ${alerts}`);
  told("land", await pilot.POST(`${OPERATION}land/`, { params, body: {} }), 200);
  const body = scene.log;
  told("log", await pilot.POST(`${OPERATION}complete-log/`, { params, body }), 201);
  const closed = told("finalise", await chief.POST(`${OPERATION}finalise/`, { params }), 200);
  if (closed.status !== "finalised") throw new Error(`closed as ${closed.status}`);
  const page = await chief.GET("/api/rpas/flight-hours/", {
    params: { query: { operation_number: number } },
  });
  const rows = told("technical log", page, 200).results;
  if (rows.length !== 1) throw new Error(`the technical log has ${rows.length} entries of it`);
  const positions = scene.track.length;
  const time_in_service_min = rows[0]?.progressive_total_min;
  return { number, refused_with: reasons, acknowledged, positions, alerts, time_in_service_min };
}

main().then(
  (found) => console.log(JSON.stringify({ ok: true, ...found })),
  (fault: unknown) => {
    console.log(JSON.stringify({ ok: false, fault: String(fault) }));
    process.exitCode = 1;
  },
);
