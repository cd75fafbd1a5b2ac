/** Says something in the window's title, and gives the page its own one back, unless the page has changed it meanwhile. */
export interface PageTitle {
  /** `null`: the page's own. */
  show(write: ((title: string) => string) | null): void;
}

export function pageTitle(): PageTitle {
  let own = "";
  let ours: string | null = null;
  return {
    show(write) {
      if (ours === null || document.title !== ours) own = document.title;
      if (write === null) {
        if (ours !== null) document.title = own;
        ours = null;
        return;
      }
      document.title = write(own);
      ours = document.title;
    },
  };
}
