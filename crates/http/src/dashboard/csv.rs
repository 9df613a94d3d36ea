//! Comma-separated values (RFC 4180) that are safe to open in a spreadsheet: a cell that would begin a formula gets an
//! apostrophe before it, as OWASP's page on CSV injection advises.

/// Byte order mark: without it some spreadsheets do not read UTF-8.
pub(super) const BOM: &str = "\u{feff}";

/// Adds one line.
pub(super) fn write_line<T: AsRef<str>>(out: &mut String, cells: impl IntoIterator<Item = T>) {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_cell(out, cell.as_ref());
    }
    out.push_str("\r\n");
}

fn write_cell(out: &mut String, text: &str) {
    let apostrophe = if is_formula(text) { "'" } else { "" };
    if text.contains([',', '"', '\r', '\n']) {
        out.push('"');
        out.push_str(apostrophe);
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(apostrophe);
        out.push_str(text);
    }
}

/// Whether a spreadsheet might take it for a formula. Its own full-width forms count; a plain number does not.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) && !is_plain_number(text)
}

/// A number as JSON writes it.
fn is_plain_number(text: &str) -> bool {
    let is_digits = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let (number, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(number, exponent)| (number, Some(exponent)));
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, fraction)| (whole, Some(fraction)));
    is_digits(whole.strip_prefix('-').unwrap_or(whole))
        && fraction.is_none_or(is_digits)
        && exponent.is_none_or(|exponent| is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(cells: &[&str]) -> String {
        let mut out = String::new();
        write_line(&mut out, cells);
        out
    }

    #[test]
    fn formulas_lose_their_power_and_numbers_stay_numbers() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("+49 170", "'+49 170"),
            ("-cmd", "'-cmd"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""),
            ("＝1", "'＝1"),
            ("-", "'-"),
            ("-1-1", "'-1-1"),
            ("=\"x\",y", "\"'=\"\"x\"\",y\""),
            ("-3", "-3"),
            ("-82.50", "-82.50"),
            ("-1e-7", "-1e-7"),
            ("5", "5"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("a=b", "a=b"),
        ] {
            assert_eq!(line(&[cell]), format!("{written}\r\n"), "{cell:?}");
        }
    }

    /// A reader as the RFC describes it.
    fn read(text: &str) -> Vec<Vec<String>> {
        let (mut lines, mut cells, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                '\r' if !quoted => {
                    assert_eq!(chars.next(), Some('\n'));
                    cells.push(std::mem::take(&mut cell));
                    lines.push(std::mem::take(&mut cells));
                }
                other => cell.push(other),
            }
        }
        assert!(!quoted && cell.is_empty() && cells.is_empty());
        lines
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(lines in proptest::collection::vec(proptest::collection::vec("[-=+@,\"\r\n\ta1.e é]{0,8}", 1..4), 0..4)) {
            let mut text = String::new();
            for cells in &lines {
                write_line(&mut text, cells);
            }
            let safe = |cell: &String| if is_formula(cell) { format!("'{cell}") } else { cell.clone() };
            let expected: Vec<Vec<String>> = lines.iter().map(|cells| cells.iter().map(safe).collect()).collect();
            prop_assert_eq!(read(&text), expected);
        }
    }
}
