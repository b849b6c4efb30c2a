// A text field that knows Python, in the place of a plain one: CodeMirror 6, of which this is all that
// an exercise needs.

import { defaultKeymap, history, historyKeymap, indentWithTab, moveLineDown, moveLineUp } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, gutters, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

/**
 * Put an editor in a field's place, with its text, its place of the cursor, and its name. With
 * `onPoint`, which hears of each new place, the cursor's line is marked.
 */
export function edit(field, onChange, onPoint) {
  const view = new EditorView({
    state: EditorState.create({
      doc: field.value,
      selection: { anchor: field.selectionStart, head: field.selectionEnd },
      extensions: [
        // The numbers scroll with the code: else they lie on its first letters.
        lineNumbers(), gutters({ fixed: false }), onPoint ? highlightActiveLine() : [], history(), drawSelection(), indentOnInput(), bracketMatching(), python(),
        indentUnit.of("    "), EditorState.tabSize.of(4), syntaxHighlighting(classHighlighter),
        // Tab indents. Escape and then Tab leaves, as CodeMirror's keymap has it.
        keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
        EditorView.contentAttributes.of({
          "aria-label": field.getAttribute("aria-label"), "aria-describedby": field.getAttribute("aria-describedby"),
          autocapitalize: "off", spellcheck: "false",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onChange(update.state.doc.toString());
          if (update.docChanged || update.selectionSet) onPoint?.();
        }),
      ],
    }),
  });
  const focused = document.activeElement === field;
  field.replaceWith(view.dom);
  if (focused) view.focus();
  return {
    focus: () => view.focus(),
    set: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    /** Move the lines of the selection, as Alt and an arrow do. */
    move: (down) => (down ? moveLineDown : moveLineUp)(view),
    range: () => view.state.selection.main,
    /** Put the cursor at the start of a line. */
    point(line) {
      const { from } = view.state.doc.line(Math.min(line, view.state.doc.lines));
      view.dispatch({ selection: { anchor: from } });
    },
  };
}
