import { Languages } from "lucide-react";
import { Button, Menu, MenuChoice, MenuItem, MenuLine, MenuOption } from "../../ui/index.ts";
import { languagesOf } from "../model/document.ts";
import { languageName, missing } from "../model/languages.ts";
import { useDraft, useGo, useLanguage } from "./context.tsx";

/** The language that is edited and previewed. */
export function LanguageSwitch() {
  const { document } = useDraft();
  const { language } = useLanguage();
  const go = useGo();
  const languages = languagesOf(document);
  return (
    <Menu trigger={<Button size="sm" icon={<Languages size={14} aria-hidden />}><span className="sr-only">Language: </span>{languageName(language)}</Button>}>
      <MenuChoice value={language} onValueChange={(lang) => go({ lang: lang === document.default_language ? undefined : lang })}>
        {languages.map((tag) => {
          const gaps = tag === document.default_language ? 0 : missing(document, tag).length;
          return <MenuOption key={tag} value={tag}>{languageName(tag)}{gaps > 0 && <span className="ml-2 text-sm text-warn">{gaps} missing</span>}</MenuOption>;
        })}
      </MenuChoice>
      <MenuLine />
      <MenuItem onSelect={() => go({ part: "languages", question: undefined, view: undefined }, false)}>Add or remove languages</MenuItem>
    </Menu>
  );
}
