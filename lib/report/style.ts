/**
 * How the page looks. System fonts only; one pair of colours says before (orange) and after (blue), which people
 * with any colour vision can tell apart, and shape or words always say it too. No inline styles: the page's policy
 * forbids them.
 */

/** Light and dark; everything else is named by these. */
const COLOURS = `
:root{color-scheme:light dark;
--paper:#fcfbf9;--panel:#f4f2ee;--ink:#1a1c20;--quiet:#5b616b;--rule:#dedad2;--faint:#ebe8e2;
--before:#b0500a;--after:#0a5eae;--before-1:#fbeee2;--before-2:#f8ddc4;--before-3:#f3c59b;--before-4:#ecab6f;
--after-1:#e6f0fa;--after-2:#cce1f5;--after-3:#a5cbee;--after-4:#7db3e5;--good:#1d6b46;--bad:#9c2b23;--focus:#0a5eae}
@media (prefers-color-scheme:dark){:root{
--paper:#15171b;--panel:#1d2025;--ink:#e7e6e3;--quiet:#a0a6b0;--rule:#353941;--faint:#262a30;
--before:#f0a05a;--after:#74b4f5;--before-1:#2e251d;--before-2:#46321f;--before-3:#654322;--before-4:#875525;
--after-1:#1c2732;--after-2:#1f3549;--after-3:#234766;--after-4:#285c88;--good:#7fcfa5;--bad:#f19a90;--focus:#74b4f5}}
@media print{:root{color-scheme:light;
--paper:#fff;--panel:#f6f6f6;--ink:#000;--quiet:#444;--rule:#ccc;--faint:#e6e6e6;--before:#a34a08;--after:#08539b;
--before-1:#fbeee2;--before-2:#f8ddc4;--before-3:#f3c59b;--before-4:#ecab6f;
--after-1:#e6f0fa;--after-2:#cce1f5;--after-3:#a5cbee;--after-4:#7db3e5;--good:#1d6b46;--bad:#9c2b23}}`;

const TEXT = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:3.5rem}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:66rem;margin:0 auto;padding:0 1.25rem 4rem}
h1,h2,h3,h4{line-height:1.2;text-wrap:balance;margin:0}
h1{font-size:clamp(1.5rem,1.1rem + 1.6vw,2.1rem);font-weight:650;letter-spacing:-.015em;overflow-wrap:anywhere}
h2{font-size:clamp(1.3rem,1.1rem + .8vw,1.6rem);font-weight:650;letter-spacing:-.01em;margin-bottom:1.25rem}
h3{font-size:1.06rem;font-weight:650;margin:2.5rem 0 .5rem}
h4{font-size:.85rem;font-weight:650}
p,ul{max-width:68ch;margin:.5rem 0 .9rem}
a{color:inherit;text-decoration-color:var(--quiet);text-underline-offset:.18em}
a:hover{text-decoration-color:currentColor}
code,pre,.code,.t,.box{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
code{font-size:.88em;overflow-wrap:anywhere}
pre{font-size:.8rem;line-height:1.55;margin:.5rem 0;padding:.75rem .9rem;background:var(--panel);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;max-height:34rem;overflow:auto;tab-size:4}
sub{line-height:0}
cite{color:var(--quiet)}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px;border-radius:3px}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;z-index:3;background:var(--paper);padding:.3rem .6rem}
.quiet,.note,.foot,.byline{color:var(--quiet)}
.note,.empty{font-size:.86rem}
.bare{display:none}.reveal .bare{display:inline}.reveal .masked{display:none}
.no-script .needs-script{display:none}
.before{--phase:var(--before)}.after{--phase:var(--after)}`;

const HEADER = `
nav{position:sticky;top:0;z-index:2;background:var(--paper);border-bottom:1px solid var(--rule)}
nav ol{list-style:none;display:flex;gap:1.4rem;max-width:66rem;margin:0 auto;padding:.6rem 1.25rem;overflow-x:auto;font-size:.88rem}
nav a{text-decoration:none;color:var(--quiet);white-space:nowrap}nav a:hover{color:var(--ink)}
.top{padding-top:2.5rem}
.eyebrow{font-size:.8rem;color:var(--quiet);letter-spacing:.06em;margin:0 0 .6rem}
.byline{font-size:.9rem;margin:.5rem 0 0;overflow-wrap:anywhere;max-width:none}
.verdict{margin:2rem 0;padding:.25rem 0 .25rem 1.25rem;border-left:4px solid var(--quiet)}
.verdict.forgotten{border-color:var(--good)}.verdict.remembered{border-color:var(--bad)}.verdict.partly{border-color:var(--before)}
.state{font-size:.9rem;font-weight:650;margin:0}
.forgotten .state{color:var(--good)}.remembered .state{color:var(--bad)}.partly .state{color:var(--before)}
.mark{margin-right:.4em}
.headline{font-size:clamp(1.25rem,1rem + 1.4vw,1.75rem);line-height:1.3;font-weight:600;letter-spacing:-.012em;margin:.25rem 0 .5rem;max-width:34ch;max-width:46rem;text-wrap:pretty}
.detail{color:var(--quiet);margin:0}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(13.5rem,1fr));gap:1px;margin:2rem 0 0;background:var(--rule);border:1px solid var(--rule);border-radius:8px;overflow:hidden}
.card{background:var(--paper);padding:1rem 1.1rem}
.card dt{font-size:.88rem;color:var(--quiet)}
.card dd{margin:.35rem 0 0;display:flex;flex-wrap:wrap;align-items:baseline;gap:0 .5rem}
.was{color:var(--phase);font-size:1.05rem}.arrow{color:var(--quiet)}
.now{color:var(--phase);font-size:1.75rem;font-weight:650;letter-spacing:-.02em;line-height:1.2}
.foot{flex-basis:100%;font-size:.82rem;margin-top:.15rem}
.glossary{margin:1rem 0 0;font-size:.86rem;color:var(--quiet);display:grid;gap:.25rem;max-width:52rem}.glossary dt{display:inline;font-weight:650}.glossary dt::after{content:": "}.glossary dd{display:inline;margin:0}
.chapter{margin-top:4.5rem;border-top:1px solid var(--rule);padding-top:1.6rem}
.figures{margin-top:3rem}.figures h2{font-size:1.06rem;margin-bottom:.5rem}
.step{display:block;font-size:.85rem;font-weight:650;letter-spacing:0;color:var(--quiet);margin-bottom:.2rem}
footer{max-width:66rem;margin:0 auto;padding:1.5rem 1.25rem 3rem;border-top:1px solid var(--rule);color:var(--quiet);font-size:.86rem}`;

const TABLES = `
.scroll{position:relative;overflow-x:auto;margin:.5rem 0}
table.data{border-collapse:collapse;width:100%;font-size:.88rem}
table.narrow{width:auto;min-width:min(100%,34rem)}
.data th,.data td{padding:.42rem .8rem .42rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--faint);font-weight:400}
.data td.num,.data th.num,.data td.mark{white-space:nowrap}
.data .num{text-align:right}
.data thead th{font-size:.8rem;color:var(--quiet);border-bottom-color:var(--rule);vertical-align:bottom}
.data td.before,.data td.after{color:var(--phase)}
.data .group th{padding-top:1.1rem;font-weight:650;border-bottom-color:var(--rule)}
.data tfoot th,.data tfoot td{border-bottom:0;font-weight:650}
.data .kept{background:var(--panel)}
.data .wide{width:13rem;padding-left:.8rem}
.aim{min-width:9rem;color:var(--quiet)}
.figures tbody th{min-width:13rem}
.legend{display:inline-flex;align-items:center;gap:.35rem;white-space:nowrap}.legend i{display:inline-block;width:.65rem;height:.65rem;border-radius:50%}
.legend .ring{border:2px solid var(--before)}.legend .disc{background:var(--after);margin-left:.5rem}.legend .bar{width:0;border-left:2px dashed var(--ink);border-radius:0;height:.9rem;margin-left:.5rem}
.secrets th button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer;text-align:inherit}
.secrets th button:hover{color:var(--ink)}
.secrets th[aria-sort] button::after{content:" \\2193";color:var(--ink)}.secrets th[aria-sort=ascending] button::after{content:" \\2191"}
.no-script .secrets th button{cursor:default}
.secrets td{overflow-wrap:anywhere}
.data th.code{font-family:inherit}.secrets td.code{font-size:.8rem}.secrets td.value{min-width:9rem;max-width:15rem}.secrets td.written{min-width:13rem;max-width:18rem}
.secrets .line{display:block}.secrets .where{min-width:9rem;max-width:14rem}.secrets .where .line+.line{color:var(--quiet);font-size:.8rem}
.secrets .written .line:first-child{color:var(--before)}.secrets .written .line+.line{color:var(--after);margin-top:.2rem}
.secrets .masked{white-space:pre-wrap}
.controls{display:flex;flex-wrap:wrap;gap:.6rem 1.1rem;align-items:center;font-size:.88rem;margin:1rem 0 .5rem;max-width:none}
.controls label{display:inline-flex;align-items:center;gap:.45rem;min-width:0;max-width:100%}
input,select,button{font:inherit;color:inherit}
input[type=search],select{background:var(--paper);border:1px solid var(--rule);border-radius:5px;padding:.28rem .5rem;min-width:0;max-width:100%}
.viewer select{width:26rem;text-overflow:ellipsis}
.controls button,.pager button,.command button{background:var(--paper);border:1px solid var(--rule);border-radius:5px;padding:.28rem .7rem;cursor:pointer}
button:hover{border-color:var(--quiet)}button:disabled{opacity:.45;cursor:default}
.switch{margin-left:auto;font-weight:600}
.pager{display:flex;gap:1rem;align-items:center;font-size:.88rem;color:var(--quiet)}
.pairs{display:flex;flex-wrap:wrap;gap:.7rem 2.2rem;margin:1rem 0;font-size:.92rem}
.pairs div{min-width:5.5rem}.pairs dt,.digests dt{color:var(--quiet);font-size:.8rem}.pairs dd,.digests dd{margin:0;overflow-wrap:anywhere}
.digests{font-size:.92rem;display:grid;gap:.6rem}
.command{position:relative}.command pre{padding-right:5.5rem}.command button{position:absolute;top:.45rem;right:.5rem;font-size:.82rem}`;

const FIGURES = `
figure{margin:1rem 0}.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1.6rem 2.5rem;margin:1rem 0}.charts figure{margin:0}
figcaption{font-weight:600;font-size:.92rem;margin-bottom:.25rem}
.chart{display:block;width:100%;height:auto;max-width:34rem}.full .chart{max-width:46rem}.chart.dumbbell{width:11.25rem;height:1.375rem}
.chart text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;fill:var(--quiet);font-variant-numeric:tabular-nums}
.chart .middle{text-anchor:middle}.chart .end{text-anchor:end}
.chart .grid{stroke:var(--faint)}.chart .axis{stroke:var(--quiet);stroke-opacity:.6}
.chart .threshold{stroke:var(--ink);stroke-width:1.4;stroke-dasharray:4 3}.chart .threshold-label{fill:var(--ink);paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.chart .marker{stroke:var(--quiet);stroke-dasharray:1 3}
.chart .line{fill:none;stroke:var(--after);stroke-width:2;stroke-linejoin:round}.chart .dot{fill:var(--after);stroke:var(--paper);stroke-width:1}
.chart .bar{fill:var(--phase)}.chart .bar.before{fill-opacity:.55;stroke:var(--before)}
.chart .ring{fill:var(--paper);stroke:var(--phase);stroke-width:2}.chart .fill{fill:var(--phase)}.chart .span{stroke:var(--quiet);stroke-width:2}
.share{display:block;width:11rem;height:.5rem;margin-top:.45rem}.share rect{fill:var(--quiet)}
.key{display:flex;flex-wrap:wrap;gap:.35rem 1.3rem;font-size:.86rem;max-width:none}.key span{white-space:nowrap}
.swatch{display:inline-block;width:.75rem;height:.75rem;margin-right:.4rem;background:var(--phase)}.swatch.before{background:color-mix(in srgb,var(--before) 55%,transparent);border:1px solid var(--before)}
.formulas{margin:1rem 0;padding:.4rem 1.1rem;background:var(--panel);border-radius:6px}.formula{font-size:1.05rem;margin:.5rem 0;max-width:none}
.terms{display:grid;gap:1rem;max-width:52rem;margin:0}.terms dt{font-weight:650}.terms dd{margin:.15rem 0 0}
.limits{padding-left:1.1rem}.limits li{margin:.4rem 0}
details summary{cursor:pointer}.table{margin:1rem 0;font-size:.92rem}`;

const CODE = `
.blocks{font-size:.88rem;margin:1rem 0}.blocks ol{list-style:none;margin:0;padding:0;max-width:none}
.blocks .head,.blocks summary{display:grid;grid-template-columns:3.4rem 7.2rem 5.5rem minmax(0,1fr);gap:0 .9rem;max-width:none;margin:0;align-items:baseline}
.compared .head,.compared summary{grid-template-columns:3.4rem 8.2rem 3.2rem 5.5rem minmax(0,1fr)}
.blocks summary::before{content:"\\25b8";position:absolute;left:.2rem;color:var(--quiet);line-height:inherit}.blocks details[open] summary::before{content:"\\25be"}.blocks summary{position:relative}
.blocks .head{font-size:.8rem;color:var(--quiet);padding:0 0 .4rem;border-bottom:1px solid var(--rule)}.blocks .head span:not(:last-child){text-align:right}
.blocks li{border-bottom:1px solid var(--faint)}.blocks li summary{padding:.38rem 0}.blocks .more>summary{display:block;padding:.6rem 0 .6rem 1.4rem;color:var(--quiet)}.blocks summary:hover{background:var(--panel)}
.blocks .num{text-align:right}.blocks .num.before,.blocks .num.after{color:var(--phase)}
.blocks summary code{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}.blocks details[open] summary code{color:var(--quiet)}
.blocks .note,.sources{font-size:.84rem;overflow-wrap:anywhere}.blocks .note{margin-top:0}
.numbered{counter-reset:line;padding-left:3.3rem}
.row{display:block;position:relative;min-height:1.55em;padding-left:.55rem}.row::before{counter-increment:line;content:counter(line);position:absolute;left:-3.2rem;width:2.6rem;text-align:right;color:var(--quiet);user-select:none}
.row mark{color:inherit;background:none}.row.hit{background:var(--before-1);box-shadow:inset .2rem 0 0 var(--before)}.row.hit.after{background:var(--after-1);box-shadow:inset .2rem 0 0 var(--after)}
.row:target,.row.sought{background:var(--before-2);box-shadow:inset .2rem 0 0 var(--before)}
.origin{display:block;font:.8rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--quiet);white-space:normal;margin-top:.5rem;padding-bottom:.15rem}
.corpus details{border-bottom:1px solid var(--faint);padding:.35rem 0;font-size:.88rem}.corpus summary{overflow-wrap:anywhere}
.panes{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1rem 1.25rem}.pane{min-width:0}.pane p{font-size:.84rem;margin:.1rem 0 0}.pane h4{color:var(--phase)}
.pane pre{line-height:1.8}
.t{border-radius:2px}.m{text-decoration:underline dotted var(--quiet);text-underline-offset:.25em;text-decoration-thickness:1.5px}
.h1{background:var(--before-1)}.h2{background:var(--before-2)}.h3{background:var(--before-3)}.h4{background:var(--before-4)}
.pane.after .h1{background:var(--after-1)}.pane.after .h2{background:var(--after-2)}.pane.after .h3{background:var(--after-3)}.pane.after .h4{background:var(--after-4)}
.box{outline:1.5px solid var(--ink);outline-offset:1px;border-radius:2px}.key .box{padding:0 .2rem}.key .t{padding:0 .25rem;font-size:.82rem}
.t.here{outline:2px solid var(--focus);outline-offset:0}
.readout{font-size:.88rem;min-height:1.6em;margin:.4rem 0;max-width:none;overflow-wrap:anywhere}`;

const SMALL = `
@media (max-width:44rem){
main{padding:0 1rem 3rem}.chapter{margin-top:3.5rem}.cards{grid-template-columns:1fr 1fr}.card{padding:.8rem .85rem}.now{font-size:1.4rem}
.compared .head,.blocks .head{display:none}.blocks li summary,.compared li summary{display:flex;flex-wrap:wrap;gap:.1rem .9rem;padding-left:1.2rem}.full .chart text{font-size:14px}
.blocks summary .sr{position:static;width:auto;height:auto;clip-path:none;color:var(--quiet)}.blocks summary code{flex-basis:100%}
.secrets thead{display:none}.secrets tr{display:block;border-bottom:1px solid var(--rule);padding:.5rem 0}
.data.secrets td,.data.secrets td.value,.data.secrets td.where,.data.secrets td.written{display:grid;grid-template-columns:8.5rem minmax(0,1fr);gap:.6rem;border:0;padding:.12rem 0;text-align:left;max-width:none}
.secrets td::before{content:attr(data-label);color:var(--quiet);font:.82rem/1.7 system-ui,sans-serif;grid-row:span 2}.secrets .line{grid-column:2}
.switch{margin-left:0}.viewer select{width:100%}.viewer label{flex-basis:100%}}
@media print{nav,.needs-script,.skip{display:none!important}pre{max-height:none}.chapter{break-before:auto}h2,h3,figcaption{break-after:avoid}figure,.card,tr{break-inside:avoid}body{font-size:10.5pt}main{max-width:none;padding:0}.scroll{overflow:visible}
.bar,.t,.row,.swatch,.formulas,pre{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
@media (forced-colors:active){.t[class*=" h"]{background:Highlight;color:HighlightText;forced-color-adjust:none}}`;

export const STYLE = [COLOURS, TEXT, HEADER, TABLES, FIGURES, CODE, SMALL].join('');
