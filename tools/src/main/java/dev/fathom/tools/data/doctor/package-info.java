/** What {@code fathom data doctor} says: on the console, in files, on a page. */
package dev.fathom.tools.data.doctor;
