/** The span [from, to) in epoch ms. It has its own file because the page, which has nothing of Node, works on spans too. */
export interface Span {
  from: number;
  to: number;
}
