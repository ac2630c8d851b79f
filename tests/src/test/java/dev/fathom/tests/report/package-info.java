/** Pages of training runs: what they say of made-up runs, whether a browser takes them, and what their charts keep. */
package dev.fathom.tests.report;
