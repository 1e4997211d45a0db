extension StatisticsPage {
  static let style = """
    :root{--ink:#1c2330;--soft:#5d6778;--line:#dfe3ea;--back:#f6f7f9;--card:#fff;--bar:#3867d6}
    @media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#9aa4b5;--line:#303846;\
    --back:#14181f;--card:#1d232d;--bar:#6c93f5}}
    *{box-sizing:border-box}
    body{margin:0 auto;padding:32px 24px 64px;max-width:1180px;background:var(--back);\
    color:var(--ink);font:15px/1.5 system-ui,sans-serif}
    h1{margin:0;font-size:30px}h2{margin:44px 0 14px;font-size:20px}
    header p,section>p{margin:6px 0;color:var(--soft)}
    .tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(108px,1fr));gap:10px;\
    margin-top:22px}
    .tiles div,figure,article{background:var(--card);border:1px solid var(--line);\
    border-radius:8px}
    .tiles div{padding:10px 14px}.tiles b{display:block;font-size:20px;white-space:nowrap}
    .tiles span,small{color:var(--soft);font-size:12px}
    .grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(340px,1fr));gap:14px}
    figure{margin:0;padding:12px 16px}
    figcaption{font-weight:600}
    figcaption em{display:block;color:var(--soft);font:12px/1.4 system-ui,sans-serif;\
    min-height:17px}
    .chart{display:flex;gap:3px;height:150px;margin-top:10px}
    .chart div{flex:1;min-width:0;display:flex;flex-direction:column}
    .chart span{flex:1;display:flex;flex-direction:column;justify-content:flex-end;\
    min-height:0;border-bottom:1px solid var(--line)}
    .chart b{color:var(--soft);font-size:10px;font-weight:400;text-align:center}
    .chart i{display:block;width:100%;background:var(--bar);border-radius:3px 3px 0 0}
    .chart small{height:46px;padding-top:4px;font-size:11px;line-height:1;white-space:nowrap;\
    writing-mode:vertical-rl;align-self:center}
    .bars{width:100%;border-collapse:collapse;margin-top:8px;font-size:13px}
    .bars td:first-child{white-space:nowrap;padding-right:10px}
    .bars td:nth-child(2){width:70%}
    .bars td:last-child{text-align:right;padding-left:10px;font-variant-numeric:tabular-nums}
    .bars i{display:block;height:12px;background:var(--bar);border-radius:0 3px 3px 0}
    .cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(168px,1fr));gap:12px}
    article{padding:10px;display:flex;flex-direction:column;gap:4px;overflow:hidden}
    article div{height:150px;display:flex;align-items:center;justify-content:center;\
    background:#fff;border-radius:4px;overflow:hidden}
    article img{max-width:100%;max-height:150px}
    article u{padding:8px;color:#8a3030;font-size:12px;text-decoration:none}
    article strong{font-size:13px}
    article bdi{font-size:13px;line-height:1.35;overflow-wrap:anywhere;display:-webkit-box;\
    -webkit-box-orient:vertical;-webkit-line-clamp:4;overflow:hidden}
    article small{overflow-wrap:anywhere;margin-top:auto}
    .pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(370px,1fr));gap:12px;\
    margin:8px 0 20px}
    .pairs>div{display:grid;grid-template-columns:1fr 1fr;gap:6px}
    .pairs b{grid-column:span 2;font-size:13px}
    .list{border-collapse:collapse;width:100%;margin:8px 0 20px;font-size:13px;\
    background:var(--card);border:1px solid var(--line)}
    .list th{text-align:left;color:var(--soft);font-weight:500}
    .list th,.list td{padding:5px 12px;border-bottom:1px solid var(--line);\
    vertical-align:top;overflow-wrap:anywhere}
    """
}
