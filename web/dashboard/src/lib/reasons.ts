/** Short names of the reasons for not showing a survey; the whole sentence comes from the server, with its facts. */
const NAMES: Readonly<Record<string, string>> = {
  not_live: "Not live",
  not_started: "Not started yet",
  ended: "Over",
  outside_hours: "Outside its hours",
  quota_reached: "Enough responses",
  wrong_trigger: "Another trigger was fired",
  trigger_filter: "Filter of the frontend trigger",
  trigger_sequence: "Triggers not in that order",
  wrong_platform: "Another platform",
  audience: "Not in the audience",
  not_sampled: "Not in the share of users",
  no_event: "No event",
  event_filter: "Filter of the event",
  event_too_few: "Too few events",
  event_not_yet: "Delay not over",
  event_expired: "Event expired",
  event_cancelled: "Event cancelled",
  event_consumed: "Event used already",
  event_superseded: "A newer event counts",
  repeat_limit: "Asked often enough",
  wait_period: "Wait period",
  lower_priority: "Another survey went first",
  claimed_elsewhere: "A survey is open elsewhere",
  identity_unverified: "Identity not proven",
};

export function reasonName(code: string): string {
  return NAMES[code] ?? code.replaceAll("_", " ");
}
