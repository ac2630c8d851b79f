/**
 * The command line {@code tools/fathom}: {@link dev.fathom.tools.Main}. Each command is in the package of its theme
 * ({@code predict}, {@code train}, {@code evaluate}, {@code data}, ...), with what it needs alone; what commands share is in
 * {@code cli}, {@code config}, {@code output} and {@code report}, and what they compute in the modules below.
 */
package dev.fathom.tools;
