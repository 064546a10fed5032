/** The few of Chrome's extension calls that are used here, as https://developer.chrome.com/docs/extensions/reference describes them. */

declare namespace chrome {
  interface Event<Listener> {
    addListener(listener: Listener): void;
  }

  namespace action {
    const onClicked: Event<(tab: tabs.Tab) => void>;
  }

  namespace commands {
    function getAll(): Promise<{ name?: string; shortcut?: string }[]>;
  }

  namespace contextMenus {
    interface OnClickData {
      menuItemId: string | number;
      frameId?: number;
      /** Line breaks are spaces here. */
      selectionText?: string;
    }
    const onClicked: Event<(info: OnClickData, tab?: tabs.Tab) => void>;
    function create(item: { id: string; title: string; contexts: string[] }): void;
    function removeAll(done: () => void): void;
  }

  namespace i18n {
    function getMessage(name: string, substitutions?: string | string[]): string;
    function getUILanguage(): string;
  }

  namespace notifications {
    const onClicked: Event<(id: string) => void>;
    const onClosed: Event<(id: string, byUser: boolean) => void>;
    function create(id: string, options: { type: "basic"; iconUrl: string; title: string; message: string }): Promise<string>;
    function clear(id: string): Promise<boolean>;
  }

  namespace offscreen {
    function createDocument(parameters: { url: string; reasons: "CLIPBOARD"[]; justification: string }): Promise<void>;
    function closeDocument(): Promise<void>;
  }

  namespace permissions {
    function contains(permissions: { origins: string[] }): Promise<boolean>;
    function remove(permissions: { origins: string[] }): Promise<boolean>;
    function request(permissions: { origins: string[] }): Promise<boolean>;
  }

  namespace runtime {
    interface Port {
      onDisconnect: Event<() => void>;
    }
    const id: string;
    const onInstalled: Event<() => void>;
    const onConnect: Event<(port: Port) => void>;
    const onMessage: Event<
      // biome-ignore lint/suspicious/noExplicitAny: a message is whatever was sent
      (message: any, sender: { id?: string }, respond: (answer: unknown) => void) => void
    >;
    function connect(options: { name: string }): Port;
    function getContexts(filter: { contextTypes: "OFFSCREEN_DOCUMENT"[] }): Promise<object[]>;
    function getURL(path: string): string;
    function openOptionsPage(): Promise<void>;
    // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever was sent
    function sendMessage(message: unknown): Promise<any>;
  }

  namespace scripting {
    function executeScript<Result>(injection: {
      target: { tabId: number; frameIds: number[] };
      func: () => Result;
    }): Promise<{ result?: Result }[]>;
  }

  namespace storage {
    interface StorageArea {
      // biome-ignore lint/suspicious/noExplicitAny: an area holds whatever was set
      get(keys: string | null): Promise<Record<string, any>>;
      set(items: Record<string, unknown>): Promise<void>;
      remove(keys: string | string[]): Promise<void>;
    }
    const local: StorageArea;
    const session: StorageArea;
    /** Firefox refuses to read it where no administrator has set anything. */
    const managed: StorageArea;
    const onChanged: Event<(changes: Record<string, { newValue?: unknown }>, area: string) => void>;
  }

  namespace tabs {
    interface Tab {
      id?: number;
    }
    function create(properties: { url: string }): Promise<Tab>;
  }
}
