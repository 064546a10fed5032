/** The few of Chrome's extension calls that are used here, as https://developer.chrome.com/docs/extensions/reference describes them. */

declare namespace chrome {
  interface Event<Listener> {
    addListener(listener: Listener): void;
  }

  namespace action {
    const onClicked: Event<(tab: tabs.Tab) => void>;
    function setBadgeBackgroundColor(details: { color: string }): Promise<void>;
    function setBadgeText(details: { text: string }): Promise<void>;
  }

  namespace commands {
    const onCommand: Event<(command: string, tab?: tabs.Tab) => void>;
  }

  namespace commands {
    function getAll(): Promise<{ name?: string; shortcut?: string }[]>;
  }

  namespace contextMenus {
    interface OnClickData {
      menuItemId: string | number;
      frameId?: number;
      linkUrl?: string;
      srcUrl?: string;
      /** Line breaks are spaces here. */
      selectionText?: string;
    }
    const onClicked: Event<(info: OnClickData, tab?: tabs.Tab) => void>;
    function create(item: { id: string; title: string; contexts: string[]; targetUrlPatterns?: string[] }): void;
    function removeAll(): Promise<void>;
  }

  namespace declarativeNetRequest {
    interface Rule {
      id: number;
      action: { type: "redirect"; redirect: { regexSubstitution: string } };
      condition: { regexFilter: string; resourceTypes: "main_frame"[] };
    }
    function getDynamicRules(): Promise<Rule[]>;
    function updateDynamicRules(options: { removeRuleIds: number[]; addRules: Rule[] }): Promise<void>;
  }

  /** Where it is missing, in Firefox, an element gives its root itself to a script of an extension. */
  const dom: { openOrClosedShadowRoot(element: HTMLElement): ShadowRoot | null } | undefined;

  namespace i18n {
    function getMessage(name: string, substitutions?: string | string[]): string;
    function getUILanguage(): string;
  }

  namespace notifications {
    interface Notice {
      type: "basic" | "progress";
      iconUrl: string;
      title: string;
      message: string;
      progress?: number;
      buttons?: { title: string }[];
    }
    /** Firefox's notifications have no buttons. */
    const onButtonClicked: Event<(id: string, button: number) => void> | undefined;
    const onClicked: Event<(id: string) => void>;
    const onClosed: Event<(id: string, byUser: boolean) => void>;
    function create(id: string, notice: Notice): Promise<string>;
    function update(id: string, notice: Notice): Promise<boolean>;
    function clear(id: string): Promise<boolean>;
  }

  namespace offscreen {
    type Reason = "CLIPBOARD" | "BLOBS" | "WORKERS";
    function createDocument(parameters: { url: string; reasons: Reason[]; justification: string }): Promise<void>;
    function closeDocument(): Promise<void>;
  }

  namespace permissions {
    function contains(permissions: { origins: string[] }): Promise<boolean>;
    function remove(permissions: { origins: string[] }): Promise<boolean>;
    function request(permissions: { origins: string[] }): Promise<boolean>;
  }

  namespace runtime {
    interface Sender {
      id?: string;
      /** Where a page or a content script sent it. */
      tab?: tabs.Tab;
    }
    interface Port {
      name: string;
      sender?: Sender;
      onDisconnect: Event<() => void>;
      // biome-ignore lint/suspicious/noExplicitAny: a message is whatever was sent
      onMessage: Event<(message: any) => void>;
      postMessage(message: object): void;
      disconnect(): void;
    }
    const id: string;
    const onInstalled: Event<() => void>;
    const onStartup: Event<() => void>;
    const onConnect: Event<(port: Port) => void>;
    const onMessage: Event<
      // biome-ignore lint/suspicious/noExplicitAny: a message is whatever was sent
      (message: any, sender: Sender, respond: (answer: unknown) => void) => true | undefined
    >;
    function connect(options: { name: string }): Port;
    function getContexts(filter: { contextTypes: "OFFSCREEN_DOCUMENT"[] }): Promise<object[]>;
    function getPlatformInfo(): Promise<object>;
    function getURL(path: string): string;
    function openOptionsPage(): Promise<void>;
    // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever was sent
    function sendMessage(message: unknown): Promise<any>;
  }

  namespace scripting {
    function executeScript<Result, Arguments extends unknown[] = []>(injection: {
      target: { tabId: number } & ({ frameIds: number[] } | { allFrames: true });
      func: (...values: Arguments) => Result;
      args?: Arguments;
    }): Promise<{ frameId: number; result?: Awaited<Result> }[]>;
  }

  namespace storage {
    interface StorageArea {
      // biome-ignore lint/suspicious/noExplicitAny: an area holds whatever was set
      get(keys: string | null): Promise<Record<string, any>>;
      set(items: Record<string, unknown>): Promise<void>;
      remove(keys: string | string[]): Promise<void>;
      setAccessLevel?(options: { accessLevel: "TRUSTED_CONTEXTS" }): Promise<void>;
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
      index: number;
      windowId: number;
    }
    function captureVisibleTab(windowId: number, options: { format: "png" }): Promise<string>;
    function create(tab: { url: string; openerTabId?: number; index?: number; windowId?: number }): Promise<Tab>;
  }
}
