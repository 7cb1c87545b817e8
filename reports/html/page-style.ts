import { chartStyle } from './chart-style.ts';

// Contrast: ink and quiet on page, and white on every badge, reach 4.5 : 1 in both modes (kept by a test). Verdicts differ in lightness
// as well as in hue, and always carry a word and a symbol.
const palette = `
:root{color-scheme:light dark;
--page:#fbfbfa;--surface:#fff;--ink:#1b1f24;--quiet:#59626d;--rule:#dfe3e8;--grid:#e9ecef;--axis:#aab2bc;--link:#0b5394;
--pass:#0b6b50;--fail:#b5301c;--inconclusive:#85580a;--invalid:#5d4a9c;
--pass-tint:#eaf5f0;--fail-tint:#fcefeb;--inconclusive-tint:#fbf4e2;--invalid-tint:#f1eefa;
--good:#4d8fc4;--degraded:#a9cdea;--shed:#e0ad35;--unavailable:#9673b8;--failed:#c2412a;
--line-1:#1d5c96;--line-2:#b4610f;--line-3:#a5285f;--line-4:#23735f;--line-5:#666d76;
--span-warm-up:#6a748012;--span-baseline:#00000000;--span-fault:#c2570a1f;--span-recovery:#2a7a5a12;
--strip-warm-up:#e6e9ed;--strip-baseline:#dbe7f2;--strip-fault:#f6d9bf;--strip-recovery:#d5ebe0}
@media (prefers-color-scheme:dark){:root{
--page:#14171a;--surface:#1b1f23;--ink:#e7e9eb;--quiet:#a3adb7;--rule:#31373e;--grid:#272c32;--axis:#5a646f;--link:#8cc1f2;
--pass-tint:#14291f;--fail-tint:#321a15;--inconclusive-tint:#2d2410;--invalid-tint:#231f38;
--good:#4a90c9;--degraded:#9cc6e8;--shed:#d9aa3c;--unavailable:#a885cc;--failed:#e2604a;
--line-1:#6db3ee;--line-2:#f0a04b;--line-3:#ee7fb0;--line-4:#5ec7a7;--line-5:#aab2bc;
--span-warm-up:#9aa4b01a;--span-fault:#e8842c2e;--span-recovery:#4fb08a1c;
--strip-warm-up:#2d333a;--strip-baseline:#22364a;--strip-fault:#58371a;--strip-recovery:#1e4032}}`;

const base = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;max-width:1152px;padding:0 36px 48px;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Liberation Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1,h2,h3,p,ul,dl,dd,figure{margin:0}
h1{font-size:26px;line-height:1.2;font-weight:650;letter-spacing:-.01em}
h2{font-size:18px;font-weight:650;margin:40px 0 10px;padding-top:14px;border-top:1px solid var(--rule)}
h3{font-size:15px;font-weight:650}
a{color:var(--link)}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:13px}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.quiet,.note,footer{color:var(--quiet);font-size:13px}
.badge{display:inline-block;padding:2px 9px;border-radius:4px;font-size:12px;font-weight:700;letter-spacing:.05em;line-height:1.5;color:#fff;white-space:nowrap}
.badge-pass{background:var(--pass)}.badge-fail{background:var(--fail)}.badge-inconclusive{background:var(--inconclusive)}.badge-invalid{background:var(--invalid)}
footer{margin-top:40px;padding-top:14px;border-top:1px solid var(--rule)}
@media (max-width:640px){body{padding:0 12px 32px}h1{font-size:21px}h2{margin-top:30px}}
@media print{body{max-width:none}.folded:not([open]){display:none}}`;

const top = `
.top{padding-top:28px}
.verdict-line{display:flex;flex-wrap:wrap;gap:8px 14px;align-items:center}
.verdict-line .badge{font-size:16px;padding:4px 14px}
.tally{margin-top:10px;font-weight:600}
.promise{margin-top:2px;max-width:72ch}
.facts{display:flex;flex-wrap:wrap;gap:8px 32px;margin-top:18px}
.facts dt{color:var(--quiet);font-size:12px}.facts dd{font-size:14px}
.alert{margin-top:16px;padding:12px 16px;border-left:4px solid var(--invalid);background:var(--invalid-tint);border-radius:0 4px 4px 0}
.alert h2{margin:0 0 4px;padding:0;border:0;font-size:15px}
.alert ul{padding-left:20px}
.replay{display:flex;gap:10px 14px;align-items:center;margin-top:18px;padding:8px 8px 8px 14px;background:var(--surface);border:1px solid var(--rule);border-radius:6px}
.replay-label{color:var(--quiet);font-size:13px;white-space:nowrap}
.replay code{flex:1;min-width:0;overflow-x:auto;white-space:nowrap;padding:5px 0}
button{font:inherit;font-size:13px;padding:4px 12px;color:var(--ink);background:var(--page);border:1px solid var(--axis);border-radius:4px;cursor:pointer;white-space:nowrap}
@media (max-width:640px){.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:8px 16px}.replay{flex-wrap:wrap}.replay-label{flex:1}.replay code{order:3;flex-basis:100%;white-space:pre-wrap}}`;

const tables = `
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:7px 14px 7px 0}
th{font-weight:600}
thead th{color:var(--quiet);font-size:12px;font-weight:500;border-bottom:1px solid var(--axis)}
td,tbody th{border-bottom:1px solid var(--rule)}
th:last-child,td:last-child{padding-right:8px}
.number{text-align:right;white-space:nowrap}
.objectives td{padding:12px 18px 12px 0}
.objectives td:first-child,.objectives th:first-child{padding-left:12px}
.objectives td:nth-child(1){width:150px}
.objectives td:nth-child(3){width:290px}
.objectives td:nth-child(4){width:110px}
.row-fail{background:var(--fail-tint)}.row-invalid{background:var(--invalid-tint)}.row-inconclusive{background:var(--inconclusive-tint)}
.finding{margin-top:1px}
.statement{margin-top:3px;color:var(--quiet);font-size:13px}
.figures{display:grid;gap:3px;font-size:13px}
.figures div{display:flex;flex-wrap:wrap;gap:0 8px;justify-content:space-between}
.figures dt{color:var(--quiet)}
.figures dd{white-space:nowrap}
.limit{color:var(--quiet)}
.phone-label{display:none}
.examples-title{margin-top:6px;font-size:13px;font-weight:600}
details{margin-top:4px}
summary{cursor:pointer;font-size:13px;font-weight:600}
.examples{padding-left:18px;font-size:13px;margin-top:4px}
.examples li{margin-top:2px}
.scroll{overflow-x:auto;margin-top:14px;border-bottom:1px solid var(--rule)}
.scroll tr:last-child>*{border-bottom:0}
.data{font-size:13px;overflow-wrap:normal}
.data th,.data td{padding:5px 20px 5px 0}
.data td{white-space:nowrap}
.data td.prose{white-space:normal;min-width:260px}
.data caption{text-align:left;font-weight:600;font-size:14px;padding-bottom:4px;position:sticky;left:0}
.data tbody th{white-space:nowrap;font-weight:500}
.folded{margin-top:16px}
.references{padding-left:20px;font-size:13px}
section>p{margin-top:10px}
section>h3{margin-top:18px}
@media (max-width:640px){
.objectives,.objectives tbody,.objectives tr,.objectives td{display:block;width:auto}
.objectives thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.objectives tr{padding:12px 10px;border-bottom:1px solid var(--rule)}
.objectives td,.objectives td:first-child{padding:0 0 6px;border:0;text-align:left}
.objectives td:nth-child(n){width:auto}
.phone-label{display:inline;color:var(--quiet);font-size:13px}
.data caption{max-width:calc(100vw - 24px)}}`;

/** The whole style of the page. No font, picture or style is fetched. */
export const pageStyle = `${palette}${base}${top}${tables}${chartStyle}`.replace(/\n/g, '');
