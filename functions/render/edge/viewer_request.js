// What CloudFront runs before its cache, for each request of the distribution's default behaviour (viewer request,
// runtime cloudfront-js-2.0). The API, /assets and /assets/*, has a behaviour of its own without it.
//
// It refuses what render would refuse by the URL alone, with the same answers, so that nothing is invoked for it;
// gives .auto the format that the client accepts; and drops the query, which names no variant. The rules are those of
// shared/src/variant: tests/viewer_request holds the two against each other.
//
// The runtime is no whole JavaScript: no destructuring, default parameters, spread, for-of, classes, Array.from or
// optional chaining here. Nor template literals: a template substitutes the three lists below by their syntax.

// The whitelist: ALLOWED_WIDTHS, ALLOWED_HEIGHTS, ALLOWED_QUALITIES.
const WIDTHS = [320, 640, 1024, 1920];
const HEIGHTS = [240, 480, 768, 1080];
const QUALITIES = [50, 60, 70, 75, 80, 90];
// End of the whitelist.

// What .auto chooses from, best first. Every client can show JPEG: who names none of them gets that.
const OFFERED = [['webp', 'image/webp'], ['jpg', 'image/jpeg'], ['png', 'image/png']];
const EXTENSIONS = ['webp', 'avif', 'jpg', 'png', 'auto'];

// What depends on nothing but the URL may be kept for a day.
const PROBLEMS = {
    invalid_variant: {
        status: 400, phrase: 'Bad Request', title: 'Invalid variant', keep: 'public, max-age=86400'
    },
    variant_not_allowed: {
        status: 403, phrase: 'Forbidden', title: 'Variant not allowed', keep: 'public, max-age=86400'
    },
    method_not_allowed: {
        status: 405, phrase: 'Method Not Allowed', title: 'Method not allowed', keep: 'no-store', allow: 'GET, HEAD'
    }
};

function handler(event) {
    const request = event.request;
    const asked = read(request);
    if (asked.code) {
        return refusal(asked, request.method);
    }
    if (asked.extension === 'auto') {
        request.uri = request.uri.slice(0, -'auto'.length) + accepted(request.headers.accept);
    }
    request.querystring = {};
    return request;
}

// What is asked for, or why it is refused. The checks come in the order of the Rust parser: of several faults, both
// name the same.
function read(request) {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
        return { code: 'method_not_allowed', detail: 'a variant is read with GET or HEAD' };
    }
    const segments = request.uri.split('/');
    const size = cut(segments[2], 'x');
    const file = cut(segments[3], '.');
    if (segments.length !== 4 || segments[0] !== '' || !size || !file) {
        return invalid("a variant's path is /{hash}/{width}x{height}/{quality}.{ext}");
    }
    const width = size[0], height = size[1], quality = file[0], extension = file[1];
    const fault = faultOfHash(segments[1]);
    if (fault) {
        return invalid('hash: ' + fault);
    }
    const side = !isNumber(width) ? 'width' : !isNumber(height) ? 'height' : width === '0' ? 'width' : '';
    if (side) {
        return invalid(side + ': a whole number of at most 5 digits without leading zeros (only the height may be 0)');
    }
    if (!isNumber(quality) || Number(quality) < 10 || Number(quality) > 100) {
        return invalid('quality: a whole number from 10 to 100 without leading zeros');
    }
    if (EXTENSIONS.indexOf(extension) < 0) {
        return invalid("ext: a variant's extension is one of webp, avif, jpg, png");
    }
    return unlisted('width', width, WIDTHS) ||
        unlisted('height', height, HEIGHTS.concat(0)) ||
        unlisted('quality', quality, QUALITIES) ||
        { extension: extension };
}

function invalid(detail) {
    return { code: 'invalid_variant', detail: detail };
}

// The two sides of the first separator, if there is one.
function cut(text, separator) {
    const at = text === undefined ? -1 : text.indexOf(separator);
    return at < 0 ? undefined : [text.slice(0, at), text.slice(at + 1)];
}

function isNumber(text) {
    return /^(0|[1-9][0-9]{0,4})$/.test(text);
}

function faultOfHash(text) {
    if (text.length !== 64) {
        return 'a content hash has 64 hexadecimal digits, and this has ' + text.length + ' characters';
    }
    const at = text.search(/[^0-9a-f]/);
    if (at < 0) {
        return '';
    }
    const found = text.charAt(at).replace(/['\\]/, '\\$&');
    return 'a content hash is written in 0-9 and a-f, and character ' + (at + 1) + " is '" + found + "'";
}

// The refusal of a number that is not on its list.
function unlisted(part, asked, list) {
    if (list.indexOf(Number(asked)) >= 0) {
        return undefined;
    }
    const sorted = list.slice().sort((a, b) => a - b);
    const offered = sorted.filter((number, at) => sorted.indexOf(number) === at).join(', ');
    return { code: 'variant_not_allowed', detail: part + ' ' + asked + ' is not offered; choose one of ' + offered };
}

// The extension of the best format that an Accept header names outright, and not with a weight of 0. A wildcard does
// not count: clients that can't show WebP send image/* too.
function accepted(header) {
    const lines = header ? header.multiValue || [header] : [];
    const ranges = lines.map(line => line.value).join(',').toLowerCase().split(',')
        .map(range => range.split(';').map(part => part.trim()));
    const format = OFFERED.find(format =>
        ranges.some(range => range[0] === format[1] && !range.some(part => /^q=0(\.0*)?$/.test(part))));
    return format ? format[0] : 'jpg';
}

function refusal(refused, method) {
    const problem = PROBLEMS[refused.code];
    const response = {
        statusCode: problem.status,
        statusDescription: problem.phrase,
        headers: {
            'content-type': { value: 'application/problem+json' },
            'cache-control': { value: problem.keep },
            'access-control-allow-origin': { value: '*' },
            'x-content-type-options': { value: 'nosniff' }
        }
    };
    if (problem.allow) {
        response.headers.allow = { value: problem.allow };
    }
    if (method !== 'HEAD') {
        const document = {
            type: 'urn:hashfolio:problem:' + refused.code,
            title: problem.title,
            status: problem.status,
            detail: refused.detail,
            code: refused.code
        };
        response.body = { encoding: 'text', data: JSON.stringify(document) };
    }
    return response;
}
