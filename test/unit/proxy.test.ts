import { readProxy } from '../../nodes/KpnSms/operations/proxy';

test.each([
	['http://myproxy:3128', { protocol: 'http', host: 'myproxy', port: 3128 }],
	[' https://myproxy ', { protocol: 'https', host: 'myproxy', port: 443 }],
	['HTTP://10.0.0.1', { protocol: 'http', host: '10.0.0.1', port: 80 }],
	['http://[::1]:8080/', { protocol: 'http', host: '[::1]', port: 8080 }],
	[
		'http://name:p%40ss@myproxy:3128',
		{
			protocol: 'http',
			host: 'myproxy',
			port: 3128,
			auth: { username: 'name', password: 'p%40ss' },
		},
	],
])('%s is read', (given, proxy) => {
	expect(readProxy(given)).toEqual(proxy);
});

test.each([undefined, null, ''])('%p is none', (given) => {
	expect(readProxy(given)).toBeUndefined();
});

test.each([
	'proxy.corp.nl:3128',
	'localhost:3128',
	'myproxy',
	'ftp://myproxy',
	'socks5://name:hush@myproxy:1080',
	'htp://myproxy:3128',
	'http//myproxy:3128',
	'http://',
	'http:///',
	'http://:3128',
	'http://my proxy:3128',
	'http://myproxy:99999',
	'http://name:hush%@myproxy',
	'http://name%zz:hush@myproxy',
	'//myproxy:3128',
	' ',
	true,
	3128,
	{ host: 'myproxy' },
])('%p is refused, in words that name the field and do not repeat a password', (given) => {
	expect(() => readProxy(given)).toThrow(/Proxy on the Settings tab/);
	expect(() => readProxy(given)).not.toThrow(/hush/);
});
