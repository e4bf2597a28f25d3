#include "tools/eim/rest.h"

namespace simurgh::eim {

// One document, no other server: it asks /state every two seconds. What devices say is put in as text, never as markup.
const char* page_html() noexcept {
  return R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>eIM</title>
<style>
body{font:15px/1.45 system-ui,sans-serif;margin:0;color:#1b1f24;background:#f6f7f9}
header{background:#1d3557;color:#fff;padding:.8rem 1.2rem;display:flex;gap:1.5rem;align-items:baseline;flex-wrap:wrap}
h1{font-size:1.15rem;margin:0}h2{font-size:1rem;margin:1.4rem 0 .4rem}
main{padding:0 1.2rem 2rem}
.n{font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%;background:#fff;border:1px solid #dde1e6}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #eceff2;vertical-align:top}
th{font-weight:600;background:#eef1f5;white-space:nowrap}
code{font:13px ui-monospace,monospace;word-break:break-all}
.s{display:inline-block;padding:0 .5rem;border-radius:.7rem;font-size:.85rem;background:#e3e7ec}
.done{background:#d3f0dc}.work{background:#fff0c2}.new{background:#dbe9ff}.enabled{background:#d3f0dc}.bad{background:#ffd9d6}
.quiet{color:#667}
#gone{display:none;background:#b3261e;color:#fff;padding:.4rem 1.2rem}
</style></head><body>
<header><h1>eIM <span id="id"></span></h1><span id="tally" class="n"></span><span class="quiet" style="color:#b9c6d8">test keys: never trust outside tests</span></header>
<div id="gone">The eIM does not answer. What is shown may be old.</div>
<main>
<h2>Devices</h2><table><thead><tr><th>EID</th><th>Group</th><th>Profiles</th><th>Network</th><th>Counter</th><th>Card verified</th><th>Last seen</th></tr></thead><tbody id="devices"></tbody></table>
<h2>Orders</h2><table><thead><tr><th>Order</th><th>EID</th><th>Status</th><th>What</th><th>Outcome</th><th>Signature</th><th>Changed</th></tr></thead><tbody id="requests"></tbody></table>
<h2>Notifications</h2><table><thead><tr><th>EID</th><th>No.</th><th>Event</th><th>ICCID</th><th>For</th><th>Verified</th><th>Passed on</th></tr></thead><tbody id="notifications"></tbody></table>
</main>
<script>
const by=id=>document.getElementById(id);
const el=(tag,text,cls)=>{const e=document.createElement(tag);if(text!==undefined)e.textContent=text;if(cls)e.className=cls;return e};
const cell=(row,...parts)=>{const td=el('td');for(const p of parts)td.append(p);row.append(td)};
const code=t=>el('code',t);
const ago=(now,t)=>{if(!t)return 'never';const s=Math.max(0,now-t);return s<60?s+' s ago':s<3600?Math.floor(s/60)+' min ago':s<86400?Math.floor(s/3600)+' h ago':Math.floor(s/86400)+' d ago'};
const rows=(id,list,make,none,width)=>{const body=by(id);const out=list.map(x=>{const r=el('tr');make(r,x);return r});if(!out.length){const r=el('tr');const td=el('td',none,'quiet');td.colSpan=width;r.append(td);out.push(r)}body.replaceChildren(...out)};
const failed=o=>JSON.stringify(o).match(/Error|errorResult|stuckOrder|notFound|NotFound/);
function show(s){
 by('id').textContent=s.eimId;
 by('tally').textContent=['new','work','done','cancelled'].filter(k=>s.tally[k]).map(k=>s.tally[k]+' '+k).join(', ')||'no orders';
 rows('devices',s.devices,(r,d)=>{cell(r,code(d.eidValue));cell(r,d.group);
  cell(r,...d.profiles.flatMap(p=>{const line=el('div');line.append(code(p.digits||p.iccid),' ',p.name||p.provider||'',' ',el('span',p.state,'s '+p.state));if(p.fallback)line.append(' ',el('span','fallback','s'));return [line]}));
  cell(r,d.plmn);cell(r,String(d.counterValue));cell(r,d.certificateVerified?'yes':'not yet');cell(r,ago(s.now,d.lastSeen))},'No device has come yet.',7);
 rows('requests',s.requests,(r,q)=>{cell(r,el('span',q.facility+(q.own?' (own)':'')));cell(r,code(q.resource.eidValue));
  cell(r,el('span',q.status,'s '+(q.status==='done'&&failed(q.outcome)?'bad':q.status)));cell(r,code(JSON.stringify(q.resource.order)));
  const text=JSON.stringify(q.outcome);cell(r,code(text==='[]'?'':text.length>400?text.slice(0,400)+' ...':text));cell(r,q.signatureVerified||'');cell(r,ago(s.now,Number(q.timestamp)))},'No orders.',7);
 rows('notifications',s.notifications,(r,n)=>{cell(r,code(n.eidValue));cell(r,String(n.seqNumber));cell(r,n.event);cell(r,code(n.iccid));cell(r,n.address);cell(r,n.verified?'yes':'no');cell(r,n.forward)},'None.',7);
}
async function tick(){try{const a=await fetch('/state');if(!a.ok)throw 0;show(await a.json());by('gone').style.display='none'}catch(e){by('gone').style.display='block'}setTimeout(tick,2000)}
tick();
</script></body></html>
)html";
}

const char* openapi_json() noexcept {
  return R"json({
"openapi":"3.1.0",
"info":{"title":"eIM","version":"1","description":"Orders for eUICCs under remote management of an eIM (SGP.32). Resource names and shapes are those of the open eIM that scripts know."},
"paths":{
"/":{"get":{"summary":"The page for people (Accept: text/html), else what this eIM is","responses":{"200":{"description":"eimId, certificates, addInitialEimRequest, eimConfigurationData"}}}},
"/state":{"get":{"summary":"Devices, orders and notifications, newest first, at most 200 of each","responses":{"200":{"description":"now, eimId, tally, devices, requests, notifications"}}}},
"/devices/{eid}":{"get":{"summary":"One device with its profiles","parameters":[{"$ref":"#/components/parameters/eid"}],"responses":{"200":{"description":"the device"},"404":{"description":"no such device"}}}},
"/transfer/{eid}":{"post":{"summary":"TransferEimPackage for whoever carries messages to a device: without a body its next request, with the device's answer the acknowledgements","parameters":[{"$ref":"#/components/parameters/eid"}],"requestBody":{"content":{"application/x-gsma-rsp-asn1":{}}},"responses":{"200":{"description":"the message for the device","content":{"application/x-gsma-rsp-asn1":{}}},"204":{"description":"there is none"},"400":{"description":"an answer that is none"}}}},
"/{facility}/create":{"post":{"summary":"A new order","parameters":[{"$ref":"#/components/parameters/facility"}],"requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Resource"}}}},"responses":{"200":{"description":"resourceIdList, for several devices"},"303":{"description":"resourceId; Location is its lookup"},"400":{"description":"error: what is wrong with the order"}}}},
"/{facility}/lookup/{resourceId}":{"get":{"summary":"How an order stands","parameters":[{"$ref":"#/components/parameters/facility"},{"$ref":"#/components/parameters/resource"}],"responses":{"200":{"description":"the order","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Order"}}}}}}},
"/{facility}/list":{"get":{"summary":"Orders of a facility","parameters":[{"$ref":"#/components/parameters/facility"}],"responses":{"200":{"description":"resourceIdList"}}}},
"/{facility}/delete/{resourceId}":{"get":{"summary":"Forget an order","parameters":[{"$ref":"#/components/parameters/facility"},{"$ref":"#/components/parameters/resource"}],"responses":{"200":{"description":"status deleted or absent"}}}},
"/{facility}/cancel/{resourceId}":{"post":{"summary":"Call back an order no device has been given yet","parameters":[{"$ref":"#/components/parameters/facility"},{"$ref":"#/components/parameters/resource"}],"responses":{"200":{"description":"status cancelled or absent"},"409":{"description":"too late"}}}}
},
"components":{
"parameters":{
"facility":{"name":"facility","in":"path","required":true,"schema":{"enum":["download","psmo","eco","edr","euicc"]}},
"resource":{"name":"resourceId","in":"path","required":true,"schema":{"type":"string"}},
"eid":{"name":"eid","in":"path","required":true,"schema":{"type":"string","pattern":"^[0-9A-F]{32}$"}}},
"schemas":{
"Resource":{"type":"object","required":["order"],"properties":{"eidValue":{"description":"one EID, or a list of them","type":["string","array"]},"group":{"description":"instead of eidValue: every device of the group","type":"string"},
"order":{"type":"object","description":"one of download, psmo, eco, edr, euicc, as the path says","properties":{
"download":{"type":"object","properties":{"activationCode":{"type":"string"},"defaultSmdp":{"type":"boolean"},"smds":{"type":"string"},"keepData":{"type":"boolean"},"enable":{"type":"boolean"},"rollback":{"type":"boolean"}}},
"psmo":{"type":"array","items":{"type":"object","description":"enable {iccid, rollback}, disable {iccid}, delete {iccid}, listProfileInfo {searchCriteria, tagList}, getRAT {}, configureImmediateEnable {immediateEnableFlag, smdpOid, smdpAddress}, setFallbackAttribute {iccid}, unsetFallbackAttribute {}, setDefaultDpAddress {defaultDpAddress}"}},
"eco":{"type":"array","items":{"type":"object","description":"addEim {eimConfigurationData}, updateEim {eimConfigurationData}, deleteEim {eimId}, listEim {}"}},
"edr":{"type":"object","properties":{"tagList":{"type":"string"},"euiccCiPKId":{"type":"string"},"notificationSeqNumber":{"type":"integer"},"resultSeqNumber":{"type":"integer"}}},
"euicc":{"type":"array","items":{"type":"object","description":"counterValue, associationToken, consumerEuicc, group, signAlgo, signPubKey"}}}}}},
"Order":{"type":"object","properties":{"status":{"enum":["new","work","done","cancelled","deleted","absent"]},"timestamp":{"type":"string"},"resource":{"$ref":"#/components/schemas/Resource"},"outcome":{"type":"array","items":{"type":"object"}},"signatureVerified":{"enum":["yes","no","unknown"]}}}}}
}
)json";
}

}  // namespace simurgh::eim
