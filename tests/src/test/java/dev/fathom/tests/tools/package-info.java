/** The command line, the files it writes and the reports it draws. */
package dev.fathom.tests.tools;
