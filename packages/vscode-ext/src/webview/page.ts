import { setTexts } from '../texts/index.ts';
import { problem } from './controls/index.ts';
import { createEditor, type Editor } from './editor.ts';
import { connectHost } from './host-port.ts';

// The script of an editor's page.

let editor: Editor | undefined;
const host = connectHost({
  inferenceEnded(reason) {
    editor?.inferenceEnded(reason);
    return null;
  },
  fileChanged(what) {
    editor?.fileChanged(what);
    return null;
  },
  showStatistics() {
    editor?.showStatistics();
    return null;
  },
  tokenizersChanged(changed) {
    editor?.tokenizersChanged(changed);
    return null;
  },
});

host.peer.request('start', null).then(
  (started) => {
    setTexts(started.texts);
    editor = createEditor(host, started);
  },
  (error: unknown) => {
    document.body.append(problem(error instanceof Error ? error.message : String(error)));
  },
);
