/** (Apart from the database, which is loaded only where there is one.) */

/** What the database is called in a directory for data. */
export const ACCESS_FILE = "access.db";
