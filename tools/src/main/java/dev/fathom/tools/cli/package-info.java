/** What the commands share: options that several have, wrong calls, progress, interruption, words for numbers. */
package dev.fathom.tools.cli;
