/** What a bearer token may be: a header takes no other characters, and a blank would end it. */
export const TOKEN_FORM = /^[!-~]+$/;
