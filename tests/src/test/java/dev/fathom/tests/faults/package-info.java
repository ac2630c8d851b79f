/**
 * A file system on which things go wrong when a test wants them to: {@link dev.fathom.tests.faults.Faults} says what,
 * {@link dev.fathom.tests.faults.FaultyProvider} does it to real files. Code is tested through paths of this file
 * system; a whole process, by making it the default one.
 */
package dev.fathom.tests.faults;
