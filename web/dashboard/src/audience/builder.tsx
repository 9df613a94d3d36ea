import { FolderPlus, History, Plus, Users, X } from "lucide-react";
import { useEffect, useRef } from "react";
import { Button, IconButton, Select } from "../ui/index.ts";
import { newAttribute } from "./attributes.ts";
import { LeafFields } from "./leaf.tsx";
import { CHILDREN_MAX, DEPTH_MAX, fromRoot, type Group, groupNode, groupOf, leafNode, leafOf, type Mode, type Node, NODES_MAX, rootOf, sizeOf, withChild, withoutChild } from "./model.ts";
import type { Suggestions } from "./suggestions.ts";

interface BuilderProps {
  readonly node: Node | undefined;
  readonly suggestions: Suggestions;
  readonly change: (node: Node | undefined) => void;
  /** What the server finds wrong at a place below the root, `/all/0/value`. */
  readonly errorAt?: (path: string) => string | undefined;
}

/** Conditions joined by all, any or none, in groups within groups. Every control is the platform's own. */
export function ConditionBuilder({ node, suggestions, change, errorAt }: BuilderProps) {
  const root = rootOf(node);
  const room = NODES_MAX - sizeOf(node);
  // A single condition stands at the root itself, but is shown in a group.
  const path = node && groupOf(node) ? "" : null;
  return <GroupFields name="1" group={root} depth={1} room={room} path={path} suggestions={suggestions} errorAt={errorAt} change={(next) => change(fromRoot(next))} />;
}

interface GroupProps {
  /** Its number, such as 1.2: to tell groups apart when they are read out. */
  readonly name: string;
  readonly group: Group;
  readonly depth: number;
  /** How many further conditions there may be. */
  readonly room: number;
  readonly path: string | null;
  readonly suggestions: Suggestions;
  readonly errorAt: BuilderProps["errorAt"];
  readonly change: (group: Group) => void;
}

const MODES: Readonly<Record<Mode, string>> = { all: "all of these", any: "any of these", none: "none of these" };

function GroupFields(props: GroupProps) {
  const { name, group, depth, change } = props;
  const box = useRef<HTMLFieldSetElement>(null);
  const focusOn = useFocusAfterChange(box, group.children.length);
  const remove = (at: number) => {
    focusOn(Math.min(at, group.children.length - 2));
    change(withoutChild(group, at));
  };
  const add = (child: Node) => {
    focusOn(group.children.length);
    change({ ...group, children: [...group.children, child] });
  };
  return (
    <fieldset ref={box} className={depth > 1 ? "min-w-0 rounded-lg border border-line bg-page p-3 max-sm:p-2" : "min-w-0"}>
      <legend className="sr-only">{depth > 1 ? `Group ${name}` : "Conditions"}</legend>
      {group.children.length > 0 && (
        <p className="mb-2 flex flex-wrap items-center gap-2 text-sm">
          <span>{depth > 1 ? "Where" : "Users where"}</span>
          <Select aria-label={`How the conditions of group ${name} join`} value={group.mode} onChange={(event) => change({ ...group, mode: event.target.value as Mode })} className="h-7! w-auto! py-0! text-sm!">
            {(Object.keys(MODES) as Mode[]).map((mode) => <option key={mode} value={mode}>{MODES[mode]}</option>)}
          </Select>
          <span>{group.mode === "all" ? "hold" : "holds"}</span>
        </p>
      )}
      <ul className="flex flex-col gap-2">
        {group.children.map((child, at) => <Row key={at} {...props} child={child} at={at} remove={() => remove(at)} />)}
      </ul>
      <AddButtons {...props} add={add} />
    </fieldset>
  );
}

/** Who adds goes on in the new row; who removes stays in the list. */
function useFocusAfterChange(box: React.RefObject<HTMLFieldSetElement | null>, length: number): (row: number) => void {
  const wanted = useRef<number | null>(null);
  useEffect(() => {
    if (wanted.current === null) return;
    const row = box.current?.querySelectorAll<HTMLElement>(":scope > ul > li")[wanted.current];
    const target = (row ?? box.current)?.querySelector<HTMLElement>("input, select, button");
    target?.focus();
    wanted.current = null;
  }, [box, length]);
  return (row) => (wanted.current = row);
}

const JOINTS: Readonly<Record<Mode, string>> = { all: "and", any: "or", none: "nor" };

type RowProps = GroupProps & { child: Node; at: number; remove: () => void };

function Row({ name, group, depth, room, path, suggestions, errorAt, change, child, at, remove }: RowProps) {
  const nested = groupOf(child);
  const label = `${name}.${at + 1}`;
  const below = path === null ? "" : childPath(path, group.mode, at, child);
  const error = nested ? undefined : errorAt?.(below);
  const set = (next: Node) => change(withChild(group, at, next));
  const { leaf, negated } = leafOf(child);
  return (
    <li className="flex items-start gap-x-1">
      <span aria-hidden className="w-7 shrink-0 pt-2 text-sm text-ink-3 max-sm:w-6">{at === 0 ? "" : JOINTS[group.mode]}</span>
      <div className="min-w-0 flex-1">
        {nested ? (
          <GroupFields name={label} group={nested} depth={depth + 1} room={room} path={below} suggestions={suggestions} errorAt={errorAt} change={(next) => (next.children.length === 0 ? remove() : set(groupNode(next)))} />
        ) : (
          <LeafFields name={label} leaf={leaf} negated={negated} suggestions={suggestions} change={(next, not) => set(leafNode(next, not))} />
        )}
        {error && <p role="alert" className="mt-1 text-sm text-bad">{error}</p>}
      </div>
      <IconButton label={nested ? `Delete group ${label}` : `Delete condition ${label}`} onClick={remove}><X size={14} aria-hidden /></IconButton>
    </li>
  );
}

/** Where a child stands in the document. */
function childPath(path: string, mode: Mode, at: number, child: Node): string {
  const here = mode === "none" ? `${path}/not/any/${at}` : `${path}/${mode}/${at}`;
  return "not" in child && !groupOf(child) ? `${here}/not` : here;
}

function AddButtons({ name, group, depth, room, suggestions, add }: GroupProps & { add: (child: Node) => void }) {
  const first = suggestions.attributes.find(({ name: each }) => !group.children.some((child) => "attribute" in child && child.attribute === each)) ?? suggestions.attributes[0];
  const isFull = group.children.length >= CHILDREN_MAX || room < 2;
  const full = isFull ? `A group holds at most ${CHILDREN_MAX} conditions, the whole at most ${NODES_MAX}.` : undefined;
  const attribute = newAttribute(first?.name ?? "", first?.types);
  const more = (text: string) => `${text} to group ${name}`;
  const icon = (Icon: typeof Plus) => <Icon size={14} aria-hidden />;
  return (
    <div className="mt-2 flex flex-wrap gap-1.5">
      <Button size="sm" icon={icon(Plus)} disabled={isFull} title={full} aria-label={more("Add an attribute")} onClick={() => add(attribute)}>Attribute</Button>
      <Button size="sm" icon={icon(History)} disabled={isFull} title={full} aria-label={more("Add survey history")} onClick={() => add({ survey: suggestions.surveys[0]?.id ?? "", op: "seen" })}>Survey history</Button>
      {suggestions.cohorts && (
        <Button size="sm" icon={icon(Users)} disabled={isFull || suggestions.cohorts.length === 0} title={suggestions.cohorts.length === 0 ? "There is no cohort yet." : full} aria-label={more("Add a cohort")} onClick={() => add({ cohort: suggestions.cohorts?.[0]?.id ?? "" })}>Cohort</Button>
      )}
      {depth < DEPTH_MAX - 1 && (
        <Button size="sm" look="quiet" icon={icon(FolderPlus)} disabled={isFull || room < 3} title={full} aria-label={more("Add a group")} onClick={() => add({ any: [attribute] })}>Group</Button>
      )}
    </div>
  );
}
