/** What the page about memorization has beyond the look that all pages share: lists with a viewer beside, its charts. */
import { STYLE } from '../style.js';

const EXPLORER = `
.verdict{border-color:var(--before)}
.explorer .controls{display:flex;flex-wrap:wrap;gap:.6rem 1.1rem;max-width:none;margin:1rem 0 .5rem}
.explorer .controls label{display:flex;flex-wrap:wrap;align-items:center;gap:.3rem .5rem;font-size:.86rem;color:var(--quiet);min-width:0}
.explorer .controls .grow{flex:1 1 16rem;flex-wrap:nowrap}.explorer .controls .grow input{flex:1 1 9rem;min-width:0}
.explorer input,.explorer select{color:var(--ink);font:inherit}
.explorer input[type=number]{width:4.2rem;background:var(--paper);border:1px solid var(--rule);border-radius:5px;padding:.28rem .4rem}
.explorer input::placeholder{color:var(--quiet);opacity:.8}
.split{display:grid;grid-template-columns:minmax(0,24rem) minmax(0,1fr);border:1px solid var(--rule);border-radius:8px;overflow:hidden;height:42rem}
.list{position:relative;overflow-y:auto;border-right:1px solid var(--rule);outline-offset:-3px}
.list:focus-visible{outline:2px solid var(--focus);border-radius:8px}
.rows{position:relative;min-height:100%}
.item{position:absolute;left:0;right:0;height:3.5rem;padding:.5rem .9rem;border-bottom:1px solid var(--faint);cursor:pointer;overflow:hidden;font-size:.86rem}
.item:hover{background:var(--panel)}
.item[aria-selected=true]{background:var(--before-1);box-shadow:inset .2rem 0 0 var(--before)}
.item .line{display:flex;gap:.6rem;align-items:baseline;justify-content:space-between;white-space:nowrap}.item .line>span:first-child{overflow:hidden;text-overflow:ellipsis}.item .line code{flex:1;min-width:0}
.item code{display:block;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;font-size:.78rem;line-height:1.5;color:var(--quiet)}
.chip{display:inline-block;padding:0 .45rem;border:1px solid var(--rule);border-radius:1rem;font-size:.74rem;line-height:1.45;color:var(--quiet);background:var(--paper)}
.minimap{display:block;width:100%;height:.5rem;margin-top:.35rem;background:var(--faint);border-radius:2px}.minimap rect{fill:var(--before)}
.chosen{overflow:auto;padding:1rem 1.25rem 1.25rem;min-width:0}
.chosen .title{display:flex;flex-wrap:wrap;align-items:baseline;justify-content:space-between;gap:.4rem 1rem}
.chosen h3{margin:0;font-size:1.12rem;overflow-wrap:anywhere;scroll-margin-top:4rem}.chosen h3:focus-visible{outline-offset:4px}
.chosen h3 .quiet{font-weight:400}
.chosen button{font:inherit;color:inherit}
.steps{display:flex;gap:.5rem}.steps button{font-size:.86rem;background:var(--paper);border:1px solid var(--rule);border-radius:5px;padding:.2rem .7rem;cursor:pointer}
.chosen .pairs{margin:.8rem 0;gap:.5rem 1.8rem}.chosen .pairs div{min-width:0}
.chosen .numbered{max-height:none;counter-reset:line}
.chosen .origin:first-child{margin-top:0}
.places{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,15rem),1fr));gap:.5rem 1.5rem;font-size:.86rem}
.places h4{margin-top:.7rem}.places ul{list-style:none;padding:0;margin:.3rem 0;max-width:none}.places li{margin:.25rem 0;overflow-wrap:anywhere}.places .about{display:block}
.places button{background:none;border:0;padding:0;text-align:left;cursor:pointer;text-decoration:underline;text-decoration-color:var(--quiet);text-underline-offset:.18em;overflow-wrap:anywhere;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.8rem}
.chosen .note{overflow-wrap:anywhere}
kbd{font:inherit;font-size:.78rem;border:1px solid var(--rule);border-radius:3px;padding:0 .3rem}
.shards{font-size:.86rem;overflow-wrap:anywhere;max-width:none}`;

const CHARTS = `
.charts .bar,.share.memorized rect{fill:var(--before)}
.chart .dots{stroke:var(--before);stroke-opacity:.45;stroke-linecap:round;fill:none}
.chart .fit{fill:none;stroke:var(--after);stroke-width:2}
.chart .measured{fill:none;stroke:var(--before);stroke-width:2.2;stroke-linejoin:round}.chart .measured-dot{fill:var(--before)}
.chart .extrapolated{fill:none;stroke:var(--after);stroke-width:1.8;stroke-dasharray:5 4}
.chart .beyond{fill:var(--panel)}
.fit-key,.extrapolated-key{display:inline-block;width:1.5rem;margin:0 .4rem .25rem 0;border-top:2px solid var(--after);vertical-align:middle}.extrapolated-key{border-top-style:dashed}
.charts figure>.note{margin:.4rem 0 .6rem;min-height:1.5em}
.charts details{margin:.4rem 0}
sup{line-height:0}
.rocs{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:1.2rem 1.5rem;margin:1.5rem 0}.rocs figure{margin:0}
.chart.roc{max-width:11.25rem}.roc .box-line{fill:none;stroke:var(--rule)}.roc .chance{fill:none;stroke:var(--quiet);stroke-dasharray:3 4;stroke-opacity:.7}
.rocs figcaption{font-size:.82rem;overflow-wrap:anywhere}`;

const SMALL = `
@media (max-width:44rem){
.split{grid-template-columns:minmax(0,1fr);height:auto}
.list{height:17.5rem;border-right:0;border-bottom:1px solid var(--rule)}
.chosen{padding:.9rem .85rem 1rem;overflow:visible}.chosen .numbered{padding-left:2.9rem}
.explorer .controls .grow{flex-basis:100%}
}
@media print{.split{display:block;height:auto}.list{display:none}.chosen{overflow:visible}}
@media (forced-colors:active){.item[aria-selected=true]{background:Highlight;color:HighlightText}.row.hit{border-left:3px solid Highlight}.chart .bar,.minimap rect,.share rect{fill:CanvasText}}`;

export const MEMORIZATION_STYLE = [STYLE, EXPLORER, CHARTS, SMALL].join('');
