// n8n reads the nodes and credentials from the `n8n` block of package.json;
// this file only gives the package a main entry.
module.exports = {};
