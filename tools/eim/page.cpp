#include "tools/eim/rest.h"

namespace simurgh::eim {

// One document, no other server: it asks /state every two seconds. What devices say is put in as text, never as markup. A table is made anew only
// when its content changed, so that a selection stays and a large fleet costs nothing.
const char* page_html() noexcept {
  return R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>eIM</title><link rel="icon" href="data:,">
<style>
body{font:15px/1.45 system-ui,sans-serif;margin:0;color:#1b1f24;background:#f6f7f9}
header{background:#1d3557;color:#fff;padding:.7rem 1.2rem;display:flex;gap:.4rem 1.4rem;align-items:center;flex-wrap:wrap;position:sticky;top:0}
h1{font-size:1.15rem;margin:0}h2{font-size:1rem;margin:1.3rem 0 .4rem}h2 span{font-weight:400;color:#667}
main{padding:0 1.2rem 2rem}
input{font:inherit;padding:.15rem .5rem;border:0;border-radius:.3rem;width:17rem;margin-left:auto}
.n{font-variant-numeric:tabular-nums}header .quiet{color:#b9c6d8}
.t{overflow-x:auto;border:1px solid #dde1e6;background:#fff}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #eceff2;vertical-align:top}
tr:last-child td{border-bottom:0}th{font-weight:600;background:#eef1f5;white-space:nowrap}
code{font:13px ui-monospace,monospace;white-space:nowrap}time{white-space:nowrap}
.s{display:inline-block;padding:0 .5rem;border-radius:.7rem;font-size:.85rem;background:#e3e7ec;white-space:nowrap}
.done{background:#d3f0dc}.work{background:#fff0c2}.new{background:#dbe9ff}.enabled{background:#d3f0dc}.bad{background:#ffd9d6}
.quiet{color:#667}summary{cursor:pointer}details code{white-space:pre-wrap;word-break:break-all}
#gone{display:none;background:#b3261e;color:#fff;padding:.4rem 1.2rem}
</style></head><body>
<header><h1>eIM <span id="id"></span></h1><span id="tally" class="n"></span><span class="quiet">test keys: never trust outside tests</span>
<input id="find" type="search" placeholder="EID, ICCID, group, order ..." aria-label="Show only rows with this text"></header>
<div id="gone" role="alert">The eIM does not answer. What is shown may be old.</div>
<main>
<h2>Waiting and under way <span id="pending-note"></span></h2><div class="t"><table><thead><tr><th>Status</th><th>EID</th><th>Order</th><th>Sent</th><th>Since</th></tr></thead><tbody id="pending"></tbody></table></div>
<h2>Devices <span id="devices-note"></span></h2><div class="t"><table><thead><tr><th>EID</th><th>Group</th><th>Profiles</th><th>Network</th><th>Counter</th><th>Card verified</th><th>Last seen</th></tr></thead><tbody id="devices"></tbody></table></div>
<h2>Finished <span id="finished-note"></span></h2><div class="t"><table><thead><tr><th>Status</th><th>EID</th><th>Order</th><th>Outcome</th><th>Signature</th><th>When</th></tr></thead><tbody id="finished"></tbody></table></div>
<h2>Notifications <span id="notifications-note"></span></h2><div class="t"><table><thead><tr><th>EID</th><th>No.</th><th>Event</th><th>ICCID</th><th>For</th><th>Verified</th><th>Passed on</th></tr></thead><tbody id="notifications"></tbody></table></div>
</main>
<script>
const by=id=>document.getElementById(id);
const el=(tag,text,cls)=>{const e=document.createElement(tag);if(text!==undefined)e.textContent=text;if(cls)e.className=cls;return e};
const cell=(row,...parts)=>{const td=el('td');for(const p of parts)td.append(p);row.append(td)};
const code=t=>el('code',t);
const ago=(now,t)=>{if(!t)return 'never';const s=Math.max(0,now-t);return s<60?s+' s ago':s<3600?Math.floor(s/60)+' min ago':s<86400?Math.floor(s/3600)+' h ago':Math.floor(s/86400)+' d ago'};
const when=t=>{const e=el('time');e.dataset.at=t||0;return e};
const clock=now=>{for(const e of document.querySelectorAll('time'))e.textContent=ago(now,Number(e.dataset.at))};
// ICCIDs are on the wire with their digits swapped.
const digits=h=>h?h.replace(/(.)(.)/g,'$2$1').replace(/F+$/i,''):'';
const plain=v=>typeof v==='string'?v:JSON.stringify(v);
const words=(name,f)=>{
 const id=f.iccid?' '+digits(f.iccid):'';const end=f.rollback?', back when it does not work':'';
 if(name==='listProfileInfo')return 'list profiles'+id;
 if(name==='setFallbackAttribute')return 'fallback'+id;
 const rest=Object.entries(f).filter(([k])=>k!=='iccid'&&k!=='rollback').map(([k,v])=>typeof v==='boolean'?(v?k:'no '+k):k==='eimConfigurationData'?k:plain(v));
 return name+id+(rest.length?' '+rest.join(' '):'')+end};
const order=q=>{const o=q.resource.order||{};const c=o[q.facility]??o;
 if(q.facility==='download')return 'download '+(c.activationCode||(c.defaultSmdp?'from the default SM-DP+':c.smds||''))+(c.enable?', then enable':'')+(c.rollback?', back when it does not work':'');
 if(q.facility==='edr')return (q.own?'ask for data of the card':'data '+(c.tagList||''));
 return Array.isArray(c)?c.map(x=>{const [n,f]=Object.entries(x)[0]||['?',{}];return q.facility==='euicc'?n+' '+plain(f):words(n,f)}).join('; '):plain(c)};
const good=v=>v==='ok'||v==='otherSignedNotification'||Array.isArray(v)||(v&&typeof v==='object'&&(v.finalResult==='successResult'||Object.values(v).some(x=>x==='ok')));
const failed=o=>o.some(r=>Object.entries(r).some(([k,v])=>/Error/.test(k)||(/Result$/.test(k)&&!good(v))));
const result=r=>Object.entries(r).map(([k,v])=>k.replace(/Result$/,'')+': '+(good(v)?'ok':typeof v==='string'?v:Object.values(v).filter(x=>typeof x==='string').join(' '))).join(', ');
const outcome=q=>{if(!q.outcome.length)return '';const d=el('details');d.append(el('summary',q.outcome.map(result).join('; ')),code(JSON.stringify(q.outcome)));return d};
const shown={};
const rows=(id,list,make,none,total)=>{
 const key=JSON.stringify(list);if(shown[id]===key)return;shown[id]=key;
 const body=by(id);const out=list.map(x=>{const r=el('tr');make(r,x);return r});
 if(!out.length){const r=el('tr');const td=el('td',none,'quiet');td.colSpan=9;r.append(td);out.push(r)}
 body.replaceChildren(...out);by(id+'-note').textContent=total>list.length?'the newest '+list.length+' of '+total:''};
const find=()=>{const t=by('find').value.trim().toLowerCase();for(const r of document.querySelectorAll('tbody tr'))r.hidden=t!==''&&!r.textContent.toLowerCase().includes(t)};
function show(s){
 const of=k=>s.tally[k]||0;
 by('id').textContent=s.eimId;document.title='eIM '+s.eimId;
 by('tally').textContent=s.deviceCount+(s.deviceCount===1?' device; ':' devices; ')+of('new')+' waiting, '+of('work')+' under way, '+of('done')+' finished'+(of('cancelled')?', '+of('cancelled')+' cancelled':'');
 rows('pending',s.pending,(r,q)=>{cell(r,el('span',q.status==='new'?'waiting':'under way','s '+q.status));cell(r,code(q.resource.eidValue));cell(r,order(q));
  cell(r,q.sends?q.sends+(q.sends===1?' time':' times'):'not yet');cell(r,when(q.created))},'Nothing is to be done.',of('new')+of('work'));
 rows('devices',s.devices,(r,d)=>{cell(r,code(d.eidValue));cell(r,d.group);
  cell(r,...d.profiles.map(p=>{const line=el('div');line.append(code(p.digits||p.iccid),' ',p.nickname||p.name||p.provider||'',' ',el('span',p.state,'s '+p.state));if(p.fallback)line.append(' ',el('span','fallback','s'));return line}));
  cell(r,d.plmn);cell(r,String(d.counterValue));cell(r,d.certificateVerified?'yes':'not yet');cell(r,when(d.lastSeen))},'No device has come yet.',s.deviceCount);
 const finished=s.requests.filter(q=>q.status!=='new'&&q.status!=='work');
 rows('finished',finished,(r,q)=>{const no=q.status==='done'&&failed(q.outcome);
  cell(r,el('span',no?'failed':q.status,'s '+(no?'bad':q.status)));cell(r,code(q.resource.eidValue));cell(r,order(q));
  cell(r,outcome(q));cell(r,q.signatureVerified||'');cell(r,when(Number(q.timestamp)))},'No orders.',of('done')+of('cancelled'));
 rows('notifications',s.notifications,(r,n)=>{cell(r,code(n.eidValue));cell(r,String(n.seqNumber));cell(r,n.event);cell(r,code(n.iccid));cell(r,n.address);cell(r,n.verified?'yes':'no');cell(r,n.forward)},'None.',0);
 clock(s.now);find();
}
by('find').addEventListener('input',find);
async function tick(){try{const a=await fetch('/state');if(!a.ok)throw 0;show(await a.json());by('gone').style.display='none'}catch(e){by('gone').style.display='block'}setTimeout(tick,2000)}
tick();
</script></body></html>
)html";
}

}  // namespace simurgh::eim
