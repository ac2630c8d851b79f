/**
 * Settings of a run as a file: {@link dev.fathom.tools.config.ConfigFile} reads one and puts it in front of the words
 * of the command line, {@link dev.fathom.tools.config.RunRecord} writes down what a run was made under.
 */
package dev.fathom.tools.config;
