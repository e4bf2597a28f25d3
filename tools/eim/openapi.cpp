#include "tools/eim/rest.h"

namespace simurgh::eim {

// docs/eim-openapi.json is this text; a test compares the two.
const char* openapi_json() noexcept {
  return R"json({
"openapi":"3.1.0",
"info":{"title":"eIM","version":"1","description":"Orders for eUICCs under remote management of an eIM (SGP.32). Resource names and shapes are those of the open eIM that scripts know."},
"paths":{
"/":{"get":{"summary":"The page for people (Accept: text/html), else what this eIM is","responses":{"200":{"description":"eimId, certificates, addInitialEimRequest, eimConfigurationData"}}}},
"/state":{"get":{"summary":"Devices, orders and notifications, newest first, at most 200 of each","responses":{"200":{"description":"now, eimId, tally, deviceCount, devices, pending (orders that are new or in work), requests, notifications"}}}},
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
