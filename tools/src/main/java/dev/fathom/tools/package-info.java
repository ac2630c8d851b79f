/**
 * The command line {@code tools/fathom}: {@link dev.fathom.tools.Main} and one class a command. What the commands draw
 * and write is in {@code report} and {@code output}; what they compute is in the modules below.
 */
package dev.fathom.tools;
