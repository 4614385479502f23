// Appended to the CloudFront Function by edge_function.sh, and run by njs.

const fs = require('fs');
const hash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const fixture = fs.readFileSync('tests/fixtures/variant_paths.json', 'utf8');
const cases = JSON.parse(fixture.split('{hash}').join(hash));

function eventOf(asked) {
    const headers = {};
    if (asked.accept.length > 0) {
        headers.accept = { value: asked.accept[0] };
    }
    if (asked.accept.length > 1) {
        headers.accept.multiValue = asked.accept.map(line => { return { value: line }; });
    }
    const querystring = asked.query === '' ? {} : { query: { value: asked.query } };
    return { request: { method: asked.method, uri: asked.path, querystring: querystring, headers: headers, cookies: {} } };
}

function faultOf(expected) {
    const returned = handler(eventOf(expected));
    if (expected.served !== undefined) {
        const plain = returned.querystring !== undefined && Object.keys(returned.querystring).length === 0;
        return returned.uri === expected.served && plain ? '' : 'not served as ' + expected.served;
    }
    if (returned.statusCode !== expected.status) {
        return 'not refused with ' + expected.status;
    }
    const said = expected.method === 'HEAD' ? expected.code : JSON.parse(returned.body.data).code;
    return said === expected.code ? '' : 'not refused as ' + expected.code;
}

let failed = 0;
cases.forEach(expected => {
    const fault = faultOf(expected);
    if (fault) {
        failed += 1;
        console.log('FAILED: ' + expected.why + ' (' + expected.path + '): ' + fault);
    }
});
console.log((cases.length - failed) + ' passed, ' + failed + ' failed');
if (failed > 0) {
    throw new Error('the function does not do what it must');
}
