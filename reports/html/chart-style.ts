const colours = ['good', 'degraded', 'shed', 'unavailable', 'failed', 'line-1', 'line-2', 'line-3', 'line-4', 'line-5'];

const swatches = colours.map((name) => `[data-colour=${name}]{--swatch:var(--${name})}`).join('');

/** The timeline: one of three drawings per panel, a cursor that all panels share, legends with line styles as well as colours. */
export const chartStyle = `
${swatches}
.group{margin-top:26px;color:var(--quiet);font-weight:600;font-size:13px}
.panel{margin-top:14px}
.panel figcaption{display:flex;flex-wrap:wrap;gap:0 12px;align-items:baseline;font-size:13px}
.panel-title{font-weight:650;font-size:14px}
.legend{display:flex;flex-wrap:wrap;gap:0 16px;list-style:none;padding:0;margin-left:auto}
.legend li{display:flex;align-items:center;gap:6px}
.legend output:not(:empty){font-weight:650;min-width:4.5em}
.swatch{width:18px;height:0;border-top:3px solid var(--swatch)}
.swatch.dashed{border-top-style:dashed}.swatch.dotted{border-top-style:dotted}
.swatch.fill{width:11px;height:11px;border:0;border-radius:2px;background:var(--swatch)}
.drawing{position:relative;touch-action:pan-y}
.drawing svg{display:block;width:100%;height:auto}
.middle,.narrow{display:none}
.panel .drawing::after{content:"";position:absolute;top:0;bottom:16%;left:var(--cursor,-1px);width:1px;background:var(--ink);opacity:var(--cursor-shown,0);pointer-events:none}
.note{margin-top:0;font-size:12px}
.strip{margin-top:10px;position:relative}
.moment{position:absolute;top:-17px;left:var(--cursor,0);transform:translateX(-50%);padding:0 6px;font-size:12px;font-weight:650;background:var(--page)}
.key{display:flex;flex-wrap:wrap;gap:2px 22px;list-style:none;padding:0;margin-top:4px;font-size:13px}
.key b{font-weight:600}
@media (max-width:860px){.wide{display:none}.middle{display:block}}
@media (max-width:560px){.middle{display:none}.narrow{display:block}.legend{margin-left:0}.panel{margin-top:18px}}`;
