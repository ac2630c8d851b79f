/** What single operations promise beyond the conformance suite: edges, error texts, bits. */
package dev.fathom.tests.ops;
