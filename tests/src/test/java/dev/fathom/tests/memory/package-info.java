/** No test class may leave tensor memory behind: a check that runs around every one of them, and its own tests. */
package dev.fathom.tests.memory;
