/**
 * The program as a person meets it: whole command lines on real files, with a network so small that each takes a
 * moment. Good calls and bad ones, words and exit codes, interrupts and kills. Start with {@link
 * dev.fathom.tests.endtoend.Workshop}.
 */
package dev.fathom.tests.endtoend;
